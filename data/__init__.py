"""PostgreSQL: tables, stores (the only SQL of the product), migrations, and the embedded server."""
