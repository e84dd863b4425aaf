"""The description of the API, and the page that shows it: every asset comes from this origin."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, Response

from core.errors import NotFound

router = APIRouter(include_in_schema=False)

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_AS_THE_SYSTEM = """<script>
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
</script><style>
html.dark-mode { background: #1c2022; color-scheme: dark }
html.dark-mode .headers td { color: #e4e6e6 !important }
</style>"""


@router.get("/openapi.json")
def openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def docs() -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title="Nichewise API",
        swagger_js_url="/api/docs/swagger-ui-bundle.js",
        swagger_css_url="/api/docs/swagger-ui.css",
        swagger_favicon_url="/api/docs/favicon-32x32.png",
        swagger_ui_parameters={
            "validatorUrl": None,  # else a badge is asked of another site
            "docExpansion": "none",  # the subjects first: all hundred addresses are too long a page
            "filter": True,
            "defaultModelsExpandDepth": -1,
        },
    )
    return HTMLResponse(bytes(page.body).decode().replace("</head>", f"{_AS_THE_SYSTEM}</head>"))


@router.get("/docs/{name}")
def asset(name: str) -> Response:
    if name not in _MEDIA_TYPES:
        raise NotFound
    content = files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=_MEDIA_TYPES[name], headers={"Cache-Control": "max-age=86400"})
