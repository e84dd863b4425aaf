"""The screen at /voice: what stands on it, and what each part does."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.i18n import LOCALES, N_, translate
from services.chat.asking import LONGEST_MESSAGE
from services.voice.talking import LANGUAGES
from voice.talk import VoiceTalk

_TITLE = "Nichewise Voice"
_KEPT_SECONDS = 600  # of a recording that was made and never recognised
_WORDS = {
    "hint": N_("Ask a question about the company's documents: speak, or type."),
    "placeholder": N_("Ask a question…"),
    "recording": N_("Speak, or drop a recording"),
    "language": N_("Language of the speech"),
    "at_once": N_("Send at once"),
    "aloud": N_("Read answers aloud"),
    "read": N_("Read aloud"),
    "quiet": N_("Be quiet"),
    "anew": N_("New conversation"),
}
_READ = "(reading, status) => window.nichewiseVoice.read(reading, status)"


def words() -> gr.I18n:
    return gr.I18n(**{code: {name: translate(code, text) for name, text in _WORDS.items()} for code in LOCALES})


def blocks(talk: VoiceTalk, text: Any) -> Any:
    """`text` gives a word of `_WORDS`, which is put into the reader's language in the browser."""
    with gr.Blocks(
        title=_TITLE, analytics_enabled=False, fill_height=True, delete_cache=(_KEPT_SECONDS, _KEPT_SECONDS)
    ) as made:
        conversation, message, answer = gr.State(None), gr.State(None), gr.State("")
        unread, spoke = gr.State(""), gr.State(False)
        secure, reading = gr.Checkbox(visible=False), gr.JSON(visible=False)
        notice = gr.Markdown(visible=False, elem_id="notice")
        history = gr.Chatbot(
            show_label=False, height="max(11rem, calc(100dvh - 21rem))", scale=1, placeholder=text("hint"),
            buttons=["copy"],  # the one to share would ask another origin
        )  # fmt: skip
        status = gr.Markdown(elem_id="status", min_height=24)
        recording = gr.Audio(
            sources=["microphone", "upload"], type="filepath", label=text("recording"), elem_id="recording",
            editable=False, buttons=[], visible=False,
        )  # fmt: skip
        box = gr.Textbox(
            placeholder=text("placeholder"), show_label=False, max_length=LONGEST_MESSAGE, submit_btn=True,
            elem_id="words", lines=1, max_lines=6,
        )  # fmt: skip
        with gr.Row(elem_id="buttons"):
            language = gr.Radio(
                LANGUAGES, value="auto", label=text("language"),
                container=False, show_label=False, visible=False, elem_id="language",
            )  # fmt: skip
            at_once = gr.Checkbox(label=text("at_once"), container=False, visible=False)
            aloud = gr.Checkbox(label=text("aloud"), container=False)
            read = gr.Button(text("read"), size="sm")
            quiet = gr.Button(text("quiet"), size="sm")
            anew = gr.Button(text("anew"), size="sm")

        written = [box, history, conversation, message, answer, unread]
        quickly: Any = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        streamed: Any = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
        made.load(
            talk.arrive, secure, [notice, recording, language, at_once], js="() => [window.isSecureContext]", **quickly
        )
        heard = gr.on(
            [recording.stop_recording, recording.upload], talk.hear, [recording, language, box],
            [box, status, recording, spoke], api_visibility="private", concurrency_limit=None,
            show_progress_on=[status],
        )  # fmt: skip
        sent = heard.then(talk.send_heard, [at_once, spoke, box, history, conversation], written, **streamed)
        typed = box.submit(talk.answer, [box, history, conversation], written, **streamed)
        for told in (sent, typed):
            made_ready = told.then(talk.read_new, [aloud, unread], [reading, unread], **quickly)
            made_ready.then(None, [reading, status], status, js=_READ)
        read.click(talk.read, answer, reading, **quickly).then(None, [reading, status], status, js=_READ)
        quiet.click(None, None, status, js="() => window.nichewiseVoice.quiet()")
        box.stop(talk.stop, message, None, **quickly)
        emptied = [history, conversation, message, answer, status, box]
        gr.on([anew.click, history.clear], talk.begin_anew, None, emptied, cancels=[sent, typed], **quickly)
    return made
