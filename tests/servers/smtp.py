"""An SMTP server on loopback that speaks the protocol (RFC 5321, AUTH PLAIN and LOGIN) and answers as a test says."""

from __future__ import annotations

import base64
import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


@dataclass
class Script:
    """Faults to play: what a step answers instead of success, and `drop`, the step at which the line goes dead."""

    credentials: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    refuse_once: set[str] = field(default_factory=set)  # recipients
    drop: str = ""


class SmtpServer:
    """Collects the messages it accepts; `script` is read anew at each step."""

    def __init__(self) -> None:
        self.script = Script()
        self.messages: list[EmailMessage] = []
        self.connections = 0
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def url_as(self, user: str, password: str) -> str:
        return self.url.replace("://", f"://{user}:{password}@")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Dropped(Exception):
    """The script cuts the line here."""


def _handler(owner: SmtpServer) -> type[socketserver.StreamRequestHandler]:
    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            owner.connections += 1
            self.known = owner.script.credentials is None
            self.say("220 loopback ESMTP")
            try:
                while line := self.rfile.readline():
                    verb, _, rest = line.decode().strip().partition(" ")
                    if not self.take(verb.upper(), rest):
                        return
            except _Dropped:
                return

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def take(self, verb: str, rest: str) -> bool:
            """Answers one command; False ends the conversation."""
            if owner.script.drop == verb:
                raise _Dropped
            if scripted := owner.script.answers.get(verb):
                self.say(scripted)
            elif verb == "EHLO":
                self.say("250-loopback")
                self.say("250 AUTH PLAIN LOGIN" if owner.script.credentials else "250 8BITMIME")
            elif verb == "AUTH":
                self.sign_in(rest)
            elif verb == "RCPT":
                self.recipient(rest)
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 bye")
                return False
            elif verb == "MAIL" and not self.known:
                self.say("530 sign in first")
            else:
                self.say("250 ok")
            return True

        def sign_in(self, rest: str) -> None:
            given = base64.b64decode(rest.split()[1]).decode().split("\0")[1:]
            self.known = tuple(given) == owner.script.credentials
            self.say("235 welcome" if self.known else "535 wrong user or password")

        def recipient(self, rest: str) -> None:
            refused = {address for address in owner.script.refuse_once if address in rest}
            owner.script.refuse_once -= refused
            self.say("550 no such mailbox" if refused else "250 ok")

        def data(self) -> None:
            self.say("354 go on")
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                if not line:
                    raise _Dropped
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            owner.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self.say("250 kept")

    return Conversation
