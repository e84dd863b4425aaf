"""Mails, as EML and as Outlook's MSG: who wrote to whom, what, and what is attached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from core.errors import ParseFailed
from rag.readers import attached, html, text
from rag.readers.attached import Attachment
from rag.readers.content import WRONG_CONTENT, require_text
from rag.readers.limits import TOO_MUCH_TEXT, Limits

ENCRYPTED = "The mail is encrypted. Save it decrypted, or as a PDF, and upload it again."
CUT_OFF = "The mail is damaged or cut off and could not be read. Save it again and upload the new copy."
ATTACHED = (
    "Attached files that could not be read, or not as a whole: %(names)s. Upload them by themselves if they matter."
)

_HEADERS = ("From", "To", "Cc", "Date")
_ANY_HEADER = {"from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type"}
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NAMES_SHOWN = 20
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")


def read_eml(path: Path, limits: Limits) -> Parsed:
    from email import message_from_bytes, policy

    data = path.read_bytes()
    require_text(data, ".eml")
    message: Any = message_from_bytes(data, policy=policy.default)
    if b"\0" in data or not _ANY_HEADER.intersection(name.lower() for name in message):
        raise ParseFailed(WRONG_CONTENT, suffix=".eml")
    if _is_encrypted(message.get_content_type(), message.get_param("smime-type", "")):
        raise ParseFailed(ENCRYPTED)
    files = [_attachment(part) for part in message.iter_attachments() if part.get_content_type() not in _SIGNATURES]
    body = message.get_body(("plain", "html"))
    content = _decoded(body) if body is not None else ""
    is_page = body is not None and body.get_content_subtype() == "html"
    headers = {name: value for name in _HEADERS if (value := _header(message, name))}
    return _mail(_header(message, "Subject"), headers, html.page(content) if is_page else content, files, limits)


def _header(message: Any, name: str) -> str:
    """As it is meant; a mail may hold its letters as they are, in an encoding that it does not state."""
    shown = str(message[name] or "")
    if "\ufffd" not in shown:
        return shown
    raw = next(value for key, value in message.raw_items() if key.lower() == name.lower())
    return text.decode(raw.encode("ascii", "surrogateescape"), ".eml")


def _attachment(part: Any) -> Attachment:
    if part.get_content_type() == "message/rfc822":
        within = part.get_content()
        return Attachment(part.get_filename() or f"{within['Subject'] or 'message'}.eml", within.as_bytes)
    return Attachment(part.get_filename() or part.get_content_type(), lambda: part.get_payload(decode=True) or b"")


def _decoded(part: Any) -> str:
    """The part's text; where its charset is unknown or a lie, as a text file of no stated encoding would be read."""
    raw: bytes = part.get_payload(decode=True) or b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return text.decode(raw, ".eml")


def _is_encrypted(kind: str, smime: object) -> bool:
    return kind == "multipart/encrypted" or ("pkcs7-mime" in kind and smime != "signed-data")


def read_msg(path: Path, limits: Limits) -> Parsed:
    with path.open("rb") as file:
        if file.read(8) != _COMPOUND_FILE:
            raise ParseFailed(WRONG_CONTENT, suffix=".msg")
    from oxmsg import Message

    message = Message.load(str(path))
    if not message.message_class:  # every message has one: the file is cut off
        raise ParseFailed(CUT_OFF)
    if _is_encrypted("pkcs7-mime" if message.message_class.lower() == "ipm.note.smime" else "", ""):
        raise ParseFailed(ENCRYPTED)
    files = [_of_outlook(one) for one in message.attachments]
    people = ", ".join(filter(None, (_recipient(one) for one in message.recipients)))
    sent = message.sent_date.isoformat(" ", "minutes") if message.sent_date else ""
    headers = {name: value for name, value in zip(_HEADERS, (message.sender, people, "", sent), strict=True) if value}
    plain = message.body or ""
    content = plain if plain.strip() or not message.html_body else html.page(message.html_body)
    return _mail(message.subject or "", headers, content, files, limits)


def _of_outlook(one: Any) -> Attachment:
    return Attachment(one.file_name or "?", lambda: one.file_bytes or b"")


def _recipient(person: Any) -> str:
    name, address = person.name or "", person.email_address or ""
    return f"{name} <{address}>" if name and address and name != address else name or address


def _mail(
    subject: str, headers: dict[str, str], body: str | Parsed, files: Sequence[Attachment], limits: Limits
) -> Parsed:
    page = body if isinstance(body, Parsed) else Parsed(tuple(map(Block, text.paragraphs(_lines(body)))))
    if (size := sum(len(block.text) for block in page.blocks)) > limits.characters:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    within = attached.contents(files, replace(limits, characters=limits.characters - size))
    return Parsed(
        blocks=(*_opening(subject, headers, _named([one.name for one in files])), *page.blocks, *within.blocks),
        title=subject,
        notes=(ATTACHED % {"names": _named(within.left)},) if within.left else (),
        findings=(*page.findings, *within.findings),
    )


def _opening(subject: str, headers: dict[str, str], names: str) -> Iterator[Block]:
    if subject.strip():
        yield Block(subject, "heading", 1)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if names:
        lines.append(f"Attachments: {names}")
    if lines:
        yield Block("\n".join(lines))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(" ".join(name.split()) for name in names[:_NAMES_SHOWN])
    return f"{shown}, …" if len(names) > _NAMES_SHOWN else shown


def _lines(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n")
