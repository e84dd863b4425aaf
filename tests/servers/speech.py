"""A server for speech on loopback with two protocols: OpenAI's transcriptions and speech, ElevenLabs' voices."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.scripted import Handler, Reply, ScriptedServer, running
from tests.tiny_whisper import ENGLISH


class SpeechServer(ScriptedServer):
    """A reply's pieces, joined, are what was said in the next recording. `heard` are the files that came; what it reads
    aloud is always `sound`."""

    def __init__(self) -> None:
        super().__init__(_Handler, "whisper-1", "tts-1", "eleven_multilingual_v2")
        self.heard: list[bytes] = []
        self.sound = ENGLISH.read_bytes()

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def reset(self) -> None:
        self.script.reset()
        self.heard.clear()


@contextmanager
def serving() -> Iterator[SpeechServer]:
    with running(SpeechServer()) as server:
        yield server


class _Handler(Handler):
    server: SpeechServer

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/v1/audio/transcriptions":
            body, file = self._form()
            self.server.heard.append(file)
            self._answer(body["model"], lambda reply: self.json({"text": "".join(reply.pieces)}))
        elif path == "/v1/audio/speech":
            self._speak(self.read(), "model")
        elif path.startswith("/v1/text-to-speech/"):
            self.server.script.keys.append(self.headers.get("xi-api-key", ""))
            self._speak(self.read(), "model_id")
        else:
            self.json(self.wrong(f"Invalid URL (POST {self.path})", 404), 404)

    def wrong(self, message: str, status: int) -> dict[str, Any]:
        if self.path.startswith("/v1/text-to-speech/"):
            return {"detail": {"status": "error", "message": message}}
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def _speak(self, body: dict[str, Any], model: str) -> None:
        def sound(_: Reply) -> None:
            self.send(200, self.server.sound, "audio/mpeg")

        self._answer(body[model], sound)

    def _answer(self, model: str, give: Any) -> None:
        script = self.server.script
        reply = script.replies.popleft() if script.replies else script.default
        if model not in script.models:
            self.json(self.wrong(f"The model `{model}` does not exist", 404), 404)
        elif reply.status != 200:
            self.json(self.wrong(reply.error, reply.status), reply.status)
        elif reply.fault == "garbage":
            self.send(200, b"<html>not what you asked for</html>", "text/html")
        elif reply.fault == "cut":
            self.close_connection = True
        else:
            give(reply)

    def _form(self) -> tuple[dict[str, str], bytes]:
        """The fields of a form, and its file."""
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields: dict[str, str] = {}
        file = b""
        for part in email.message_from_bytes(head + raw, policy=email.policy.HTTP).iter_parts():
            name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            assert isinstance(content, bytes)
            if part.get_filename():
                file = content
            else:
                fields[str(name)] = content.decode()
        self.note(fields)
        return fields, file
