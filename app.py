"""The composition root: one ASGI app and one origin for the UI at /, REST at /api and voice at /voice."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from core import logs, memory
from core.errors import NichewiseError
from core.settings import ROOT, load_settings
from services.startup import House, listening, opened
from voice.door import VoiceDoor

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger("nichewise")

# No telemetry and no model hub: said before the libraries that would ask are imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def create_app(house: House) -> FastAPI:
    """The outermost app over an open house. What is slow to import comes up behind the first page."""
    import streamlit as st

    import api
    from api.pace import SteadyBodies
    from components import frame_page
    from components.errors import on_script_error
    from pages import SCREENS

    door = VoiceDoor()

    @asynccontextmanager
    async def serving(_app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            warming = asyncio.create_task(_warm(house, door, stack))
            stack.push_async_callback(_ended, warming)
            yield

    ui = st.App(
        ROOT / "pages" / "shell" / "main.py",
        lifespan=serving,
        on_script_error=on_script_error,
        routes=frame_page.routes(screen.slug or screen.module for screen in SCREENS),
    )
    app = api.create_app(house.services, lifespan=ui.lifespan())
    app.add_middleware(door.middleware)
    app.add_middleware(SteadyBodies)
    app.mount("/", ui)
    return app


async def _warm(house: House, door: VoiceDoor, stack: AsyncExitStack) -> None:
    """The worker, then the engine, then voice: each reports to health when it is up. The model clients come last."""
    from jobs.worker import embedded_worker

    try:
        if house.settings.worker == "embedded":
            await stack.enter_async_context(embedded_worker(house.services))
        await asyncio.to_thread(house.services.health.warm)
        await asyncio.to_thread(house.services.niche_catalogue.warm)
        await stack.enter_async_context(door.open(house.services))
        await asyncio.to_thread(house.services.turns.warm)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: each full collection would walk through all of it, for 0.2 s
    except Exception:
        # Nobody awaits this task before the end: said now, or `ready` would wait without a word.
        log.exception("A part of the service did not come up")


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _serve(house: House, listener: socket.socket) -> None:
    import uvicorn

    from api.heads import BoundedHeads

    config = uvicorn.Config(
        create_app(house),
        http=BoundedHeads,
        log_level="warning",
        timeout_graceful_shutdown=3,
        ws_max_size=2**28,
        ws_per_message_deflate=False,  # to squeeze what pages send takes a tenth of the process while many are open
        proxy_headers=True,
    )
    house.announce()
    uvicorn.Server(config).run(sockets=[listener])


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the terminal is its reader


def main() -> int:
    """Serves until it is stopped. What prevents that is one sentence on standard error, and 1 is returned."""
    memory.configure()
    logs.configure()
    os.chdir(ROOT)  # Streamlit looks for .streamlit/ in the working directory
    # uvicorn raises the signal that ended it once more: without a handler of ours nothing would be closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = load_settings()
        with listening(settings) as listener, opened(settings, _say) as house:
            _serve(house, listener)
    except KeyboardInterrupt:
        pass  # Ctrl-C is how it is ended
    except NichewiseError as error:
        sys.stderr.write(f"Nichewise cannot start. {error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
