"""Model servers, what administrators decided about them, and the engine that asks them."""
