"""Addresses of databases."""

from __future__ import annotations

from sqlalchemy import make_url


def plain(url: str) -> str:
    """As PostgreSQL's own clients read it: without a driver's name, and with spaces written as they want them."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False).replace(" ", "%20")
