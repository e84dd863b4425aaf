"""The Gradio screen at /voice, behind the same session and through the same services as the pages."""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
from starlette.applications import Starlette
from starlette.middleware import Middleware

from services.container import Services
from services.voice.talking import MOST_BYTES
from voice import PATH
from voice.doorway import Doorway
from voice.screen import blocks, words
from voice.talk import VoiceTalk
from voice.theme import CSS, theme

_PLAYER = Path(__file__).parent / "player.js"
_LOOKS_EVERY = 0.05  # seconds; Gradio's own thousand looks a second for work take the loop from everybody else


def mounted(services: Services) -> Starlette:
    """A Starlette app that answers the paths below `PATH`; its lifespan must be entered."""
    recordings = services.settings.var_dir / "recordings"  # each is deleted when it has been recognised
    recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(recordings)
    talk, texts = VoiceTalk(services), words()
    app = Starlette(middleware=[Middleware(Doorway, talk=talk)])
    screen = blocks(talk, texts)
    gr.mount_gradio_app(
        app,
        screen,
        path=PATH,
        auth_dependency=talk.person,
        theme=theme(),
        css=CSS,
        js=_PLAYER.read_text(),
        i18n=texts,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        max_file_size=MOST_BYTES,
    )
    screen._queue.sleep_when_free = screen._queue.progress_update_sleep_when_free = _LOOKS_EVERY
    return app
