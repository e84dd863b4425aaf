"""A conversation with the SMTP server of `NICHEWISE_SMTP_URL`."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from ipaddress import ip_address
from ssl import create_default_context
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from core.errors import StartupError

_TIMEOUT = 15.0  # seconds for each step of the conversation


class SmtpServer:
    """Connects for the first message: `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://host:465`.

    `lost` says that the server itself failed, so that another message would fail as well.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        if self._parts.scheme not in ("smtp", "smtps") or not self._parts.hostname:
            raise StartupError("NICHEWISE_SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465.")
        self._smtp: smtplib.SMTP | None = None
        self.lost = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._smtp is not None:
            self._smtp.__exit__(kind, error, at)

    def send(self, message: EmailMessage) -> None:
        """Raises `smtplib.SMTPException` or `OSError`."""
        try:
            if self._smtp is None:
                self._smtp = self._connect()
            self._smtp.send_message(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            self.lost = self._smtp is None  # after the sign-in it is this message that is refused
            raise
        except (smtplib.SMTPException, OSError):
            self.lost = True
            raise

    def _connect(self) -> smtplib.SMTP:
        smtp = self._open()
        try:
            if self._parts.username:
                smtp.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        except smtplib.SMTPException:
            smtp.close()
            raise
        return smtp

    def _open(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port
        tls = create_default_context()
        if self._parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT, context=tls)
        smtp = smtplib.SMTP(host, port or 587, timeout=_TIMEOUT)
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=tls)
            smtp.ehlo()
        elif self._parts.username and not _is_local(host):
            smtp.close()
            raise smtplib.SMTPNotSupportedError("The server offers no encryption: the password was not sent.")
        return smtp


def reason(error: Exception) -> str:
    """What the server said, without the message's text or our password."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_said(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_said(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
