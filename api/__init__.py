"""The HTTP app: REST under /api, the browser's session under /auth, and what guards both."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from fastapi import APIRouter, FastAPI

from api import errors, routers
from api.described import DescribedApi, operation_id
from api.headers import SafeHeaders
from api.nonce import NonceCookie
from api.unknown import UnknownAddress
from services.container import Services

VERSION = "0.1.0"
JSON_LIMIT = 2**20  # bytes; a router that takes files sets its own `max_body_size`
_OUTSIDE_API = "session"


def create_app(services: Services, lifespan: Any = None) -> FastAPI:
    """The outermost app; what is mounted on it afterwards gets every path but /api and /auth."""
    app = DescribedApi(
        title="Nichewise", version=VERSION, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    add_routes(app)
    app.include_router(_router(_OUTSIDE_API))
    app.router.routes.append(UnknownAddress(app.router))
    errors.install(app)
    app.add_middleware(NonceCookie, secure=services.settings.production)
    app.add_middleware(SafeHeaders)
    _guard(app, services)
    return app


def add_routes(app: FastAPI) -> None:
    """Everything under /api: each module of `api.routers` brings a `router`."""
    for name in _names():  # each for itself: a router of routers would be searched twice for every request
        app.include_router(
            _router(name), prefix="/api", max_body_size=JSON_LIMIT, generate_unique_id_function=operation_id
        )


def _names() -> Iterator[str]:
    return (module.name for module in pkgutil.iter_modules(routers.__path__) if module.name != _OUTSIDE_API)


def _router(name: str) -> APIRouter:
    router = import_module(f"{routers.__name__}.{name}").router
    assert isinstance(router, APIRouter)  # noqa: S101 - a programming error, found at start
    return router


def _guard(app: FastAPI, services: Services) -> None:
    """Which hosts we answer to, and which other origins may read the API with a bearer token."""
    if services.settings.cors_origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=services.settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Accept-Language"],
        )
    if services.settings.allowed_hosts:
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        app.add_middleware(TrustedHostMiddleware, allowed_hosts=services.settings.allowed_hosts, www_redirect=False)
