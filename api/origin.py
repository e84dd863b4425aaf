"""Protection against requests that another site makes with our cookie."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from core.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_origin(request: HTTPConnection, allowed: tuple[str, ...] = ()) -> None:
    """`Forbidden` for what a browser sends for another site; `allowed` are origins such as https://intranet.example.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin or Referer. A request with none of
    them comes from a program, which no other site can make use our cookie.
    """
    origin = request.headers.get("origin", "")
    if origin and origin.lower() in allowed:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        source = origin or request.headers.get("referer", "")
        same = not source or _authority(source) == _authority(f"//{request.headers.get('host', '')}")
    if not same:
        raise Forbidden("This request came from another site. Open Nichewise itself and try again.")


def _authority(url: str) -> tuple[str, int] | None:
    """Host and port. A proxy may speak https outside and http to us, so the default ports of both count as one."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return None
    return (parts.hostname or "", 443 if port == 80 else port)
