"""The composition root: one ASGI app and one origin for the UI at /, REST at /api and voice at /voice."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core import logs
from core.errors import NichewiseError, StartupError
from core.settings import ROOT, Settings
from services.startup import House
from voice.door import VoiceDoor

if TYPE_CHECKING:
    from fastapi import FastAPI

# No telemetry and no model hub: said before the libraries that would ask are imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def create_app(house: House) -> FastAPI:
    """The outermost app over an open house. What is slow to import comes up behind the first page."""
    import streamlit as st

    import api
    from components.errors import on_script_error

    door = VoiceDoor()

    @asynccontextmanager
    async def serving(_app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            warming = asyncio.create_task(_warm(house, door, stack))
            stack.push_async_callback(_ended, warming)
            yield

    ui = st.App(ROOT / "pages" / "shell" / "main.py", lifespan=serving, on_script_error=on_script_error)
    app = api.create_app(house.services, lifespan=ui.lifespan())
    app.add_middleware(door.middleware)
    app.mount("/", ui)
    return app


async def _warm(house: House, door: VoiceDoor, stack: AsyncExitStack) -> None:
    """The worker, then the engine, then voice: each reports to health when it is up. The model clients come last."""
    from jobs.worker import embedded_worker

    if house.settings.worker == "embedded":
        await stack.enter_async_context(embedded_worker(house.services))
    await asyncio.to_thread(house.services.health.warm)
    await stack.enter_async_context(door.open(house.services))
    await asyncio.to_thread(house.services.turns.warm)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _free_port(settings: Settings) -> socket.socket:
    """The listening socket. Raises StartupError when somebody else has the port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        sentence = "Port %(port)s of %(host)s is taken or not allowed. Set NICHEWISE_PORT to another one."
        raise StartupError(sentence, port=settings.port, host=settings.host) from error
    return listener


def _serve(house: House, listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        create_app(house), log_level="warning", timeout_graceful_shutdown=3, ws_max_size=2**28, proxy_headers=True
    )
    house.announce()
    uvicorn.Server(config).run(sockets=[listener])


def main() -> int:
    """Serves until it is stopped. What prevents that is one sentence on standard error, and 1 is returned."""
    logs.configure()
    os.chdir(ROOT)  # Streamlit looks for .streamlit/ in the working directory
    try:
        settings = Settings()
        listener = _free_port(settings)
        house = House(settings, lambda line: print(line, flush=True))  # noqa: T201 - the terminal is its reader
        try:
            house.open()
            _serve(house, listener)
        finally:
            house.close()
    except ValidationError as error:
        problem = error.errors()[0]
        where = "_".join(str(part) for part in problem["loc"]).upper()
        return _stopped(f"{where and f'NICHEWISE_{where}: '}{problem['msg'].removeprefix('Value error, ')}")
    except NichewiseError as error:
        return _stopped(error.message)
    return 0


def _stopped(sentence: str) -> int:
    sys.stderr.write(f"Nichewise cannot start. {sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
