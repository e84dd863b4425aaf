"""What a browser is given for the address of a screen: Streamlit's page, which is told at once where its server is.

Told nothing, it takes /documents for the place of another app and asks for /documents/_stcore/health and
/documents/_stcore/host-config first, for two errors in the console and a round trip before the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit

if TYPE_CHECKING:
    from starlette.routing import Route

# The page's own files are asked for from this place too, so behind a proxy with a path of its own it holds as well.
_SERVER = '<script>window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href}</script>'
_FIRST = "<head>"


def routes(slugs: Iterable[str]) -> list[Route]:
    """One for each screen; every other address stays Streamlit's."""
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    page = page.replace(_FIRST, _FIRST + _SERVER, 1)

    async def given(_request: Any) -> HTMLResponse:
        # One each time: whatever lies around the screens writes into the headers of the answer.
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    return [Route(f"/{slug}", given) for slug in slugs]
