"""Values that cross layers, one module a subject: frozen dataclasses with no behaviour but what their fields say."""
