"""Who people are: accounts, sessions, keys, registration, and the mail that goes with them."""
