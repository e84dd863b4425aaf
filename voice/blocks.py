"""The Gradio screen at /voice: for now a typed chat through the same service, behind the same session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import gradio as gr
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.entities.people import Principal
from core.entities.retrieval import Citation
from core.errors import Forbidden, NichewiseError, NotSignedIn
from core.i18n import LOCALES, translate, translate_error
from core.roles import Permission
from services.chat.asking import Ask
from services.container import Services
from services.identity.sessions import SESSION_COOKIE
from voice import PATH

TITLE = "Nichewise Voice"


class VoiceChat:
    """Answers the screen's messages as the person whose session the request carries at that moment."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def principal(self, request: HTTPConnection | None) -> Principal:
        """Raises NotSignedIn, Forbidden."""
        if request is None:
            raise NotSignedIn
        principal = self._services.sessions.resolve(request.cookies.get(SESSION_COOKIE, ""))
        if not principal.may(Permission.VOICE):
            raise Forbidden
        return principal

    def person(self, request: HTTPConnection) -> str | None:
        """What Gradio asks before each request: who it is, None to refuse."""
        try:
            return str(self.principal(request).user_id)
        except (NotSignedIn, Forbidden):
            return None

    def answer(
        self, message: str, history: list[dict[str, Any]], conversation: str | None, request: gr.Request
    ) -> Iterator[tuple[str, str | None]]:
        """The growing answer, with the conversation that it belongs to."""
        locale: str = self._services.settings.locale
        try:
            principal = self.principal(request.request)
            locale = principal.locale or locale
            ask = Ask(message, conversation_id=UUID(conversation) if conversation and history else None)
            started = self._services.turns.start(principal, ask)
            conversation = str(started.conversation_id)
            text = ""
            for event in self._services.turns.follow(principal, started.message_id):
                if event.kind == "token":
                    text = event.text if event.replace else text + event.text
                elif event.kind == "citations":
                    yield f"{text}{_sources(locale, event.citations)}", conversation
                    continue
                elif event.message is not None and event.error is None:
                    text = f"{event.message.text}{_sources(locale, event.message.citations)}"
                elif event.error is not None:
                    text = f"{text}\n\n{translate_error(locale, event.error)}".strip()
                yield text, conversation
        except NichewiseError as error:
            yield translate_error(locale, error), conversation


def _sources(locale: str, citations: Sequence[Citation]) -> str:
    """What the numbers in the answer stand for, below it."""
    lines = [
        f"[{one.n}] {_plain(one.title)}" + (f", {translate(locale, 'page %(n)s', n=one.page)}" if one.page else "")
        for one in citations
    ]
    return "\n\n" + "  \n".join(lines) if lines else ""


def _plain(title: str) -> str:
    """A document's title without what Markdown would read as a sign."""
    return re.sub(r"([\\`*_\[\]<>#|$])", r"\\\1", title)


class SignInFirst:
    """Leads a browser without a session to the sign-in; Gradio itself would show it a line of JSON."""

    def __init__(self, app: ASGIApp, chat: VoiceChat) -> None:
        self._app, self._chat = app, chat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opens_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == f"{PATH}/"
        if opens_page and await run_in_threadpool(self._chat.person, HTTPConnection(scope)) is None:
            await RedirectResponse("/talk")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def mounted(services: Services) -> Starlette:
    """A Starlette app that answers the paths below `PATH`; its lifespan must be entered."""
    chat = VoiceChat(services)
    texts = gr.I18n(**{locale: _texts(locale) for locale in LOCALES})
    app = Starlette(middleware=[Middleware(SignInFirst, chat=chat)])
    gr.mount_gradio_app(
        app,
        _blocks(chat, texts),
        path=PATH,
        auth_dependency=chat.person,
        theme=_theme(),
        i18n=texts,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
    )
    return app


def _texts(locale: str) -> dict[str, str]:
    return {
        "hint": translate(locale, "Type a question about the company's documents. Speech comes to this page later."),
        "placeholder": translate(locale, "Ask a question…"),
    }


def _theme() -> gr.themes.Base:
    """The colours of the rest of the product, light and dark."""
    # System fonts: the themes' own are fetched from another origin.
    fonts, mono = ("system-ui", "sans-serif"), ("ui-monospace", "monospace")
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="slate", radius_size="md", font=fonts, font_mono=mono)
    return theme.set(
        body_background_fill="#ffffff", body_background_fill_dark="#11191b",
        body_text_color="#1c2b2a", body_text_color_dark="#e3ebea",
        block_background_fill="#ffffff", block_background_fill_dark="#11191b",
        background_fill_secondary="#f3f6f5", background_fill_secondary_dark="#1a2426",
        border_color_primary="#d9e2e0", border_color_primary_dark="#2c393b",
        block_border_color="#d9e2e0", block_border_color_dark="#2c393b",
        input_background_fill="#f3f6f5", input_background_fill_dark="#1a2426",
        input_placeholder_color="#5c6b69", input_placeholder_color_dark="#9fb0ae",
        button_primary_background_fill="#0f766e", button_primary_background_fill_dark="#3fae9f",
        color_accent_soft="#e6f3f1", color_accent_soft_dark="#14322f",
    )  # fmt: skip


def _blocks(chat: VoiceChat, texts: gr.I18n) -> Any:
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True) as blocks:
        conversation = gr.State(None)
        gr.ChatInterface(
            chat.answer,
            chatbot=gr.Chatbot(
                show_label=False,
                height="60vh",
                min_height=240,
                scale=1,
                placeholder=texts("hint"),  # type: ignore[arg-type]  # it is translated in the browser
                buttons=["copy"],  # the one to share would ask another origin
            ),
            textbox=gr.Textbox(placeholder=texts("placeholder"), show_label=False, max_length=8000),
            additional_inputs=[conversation],
            additional_outputs=[conversation],
            api_visibility="private",
            concurrency_limit=None,
            analytics_enabled=False,
        )
    return blocks
