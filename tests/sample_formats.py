"""Small files of the formats beside PDF, Office and plain text: good, empty, encrypted, and bombs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from importlib.resources import files
from itertools import pairwise

Build = Callable[[], bytes]


def eml(subject: str, body: str, *, html: str = "", attached: Sequence[tuple[str, bytes]] = ()) -> bytes:
    mail = EmailMessage()
    if subject:
        mail["Subject"] = subject
        mail["From"] = "Ann Example <ann@example.com>"
        mail["To"] = "desk@example.com"
    mail.set_content(body)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content in attached:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def encrypted_eml() -> bytes:
    kind = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data"
    return b"Subject: Secret\nMIME-Version: 1.0\n" + kind + b"\n\nAAAA\n"


def rtf(*paragraphs: str) -> bytes:
    body = "".join(f"\\pard {_rtf(one)}\\par\n" for one in paragraphs)
    return f"{{\\rtf1\\ansi\\ansicpg1251\\deff0{{\\fonttbl{{\\f0 Arial;}}}}\n{body}}}".encode("ascii")


def _rtf(words: str) -> str:
    return "".join(letter if letter.isascii() else f"\\'{letter.encode('cp1251').hex()}" for letter in words)


def odt(paragraphs: Sequence[str], rows: Sequence[Sequence[str]] = (), hidden: str = "") -> bytes:
    from odfdo import Document, Header, Paragraph, Span, Style, Table

    document = Document("text")
    body = document.body
    body.clear()
    if paragraphs:
        body.append(Header(1, "Refunds"))
    for words in paragraphs:
        body.append(Paragraph(words))
    if rows:
        table = Table("Table", width=len(rows[0]), height=len(rows))
        table.set_values([list(row) for row in rows])
        body.append(table)
    if hidden:
        style = Style("text", name="Unseen")
        style.set_properties({"text:display": "none"}, area="text")
        document.insert_style(style, automatic=True)
        paragraph = Paragraph("Seen. ")
        paragraph.append(Span(hidden, style="Unseen"))
        body.append(paragraph)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def archive(members: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return target.getvalue()


def epub(*chapters: str, title: str = "") -> bytes:
    items = "".join(
        f'<item id="c{n}" href="text/c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    pages = {f"OEBPS/text/c{n}.xhtml": chapter for n, chapter in enumerate(chapters)}
    return archive({"META-INF/container.xml": container, "OEBPS/package.opf": package, **pages})


def locked_epub() -> bytes:
    reference = '<CipherReference xmlns="http://www.w3.org/2001/04/xmlenc#" URI="OEBPS/text/c0.xhtml"/>'
    book = epub("<p>?</p>")
    return with_member(book, "META-INF/encryption.xml", f"<encryption>{reference}</encryption>".encode())


def encrypted_odt() -> bytes:
    manifest = b'<manifest:manifest xmlns:manifest="m"><manifest:encryption-data/></manifest:manifest>'
    return with_member(odt(["Text."]), "META-INF/manifest.xml", manifest)


def with_member(packed: bytes, name: str, content: bytes) -> bytes:
    """The archive with one member replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member.filename, old.read(member))
        new.writestr(name, content)
    return target.getvalue()


def laughing_xml() -> bytes:
    """A billion laughs: ten entities, each ten times the one before."""
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">{entities}]><x>&j;</x>'.encode()


def picture(kind: str, *lines: str, frames: int = 1) -> bytes:
    """Black letters on white; without lines, nothing but white."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(files("font_roboto") / "files" / "Roboto-Regular.ttf"), 40)
    pages = []
    for _ in range(frames):
        image = Image.new("RGB", (1400, 120 + 70 * len(lines)), "white")
        draw = ImageDraw.Draw(image)
        for number, line in enumerate(lines):
            draw.text((60, 60 + 70 * number), line, fill="black", font=font)
        pages.append(image)
    target = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if frames > 1 else {}
    pages[0].save(target, kind, **more)
    return target.getvalue()


def scanned_pdf(*pages: bytes) -> bytes:
    """Each page is a picture alone."""
    from PIL import Image

    images = [Image.open(io.BytesIO(page)).convert("RGB") for page in pages]
    target = io.BytesIO()
    images[0].save(target, "PDF", save_all=True, append_images=images[1:], resolution=150)
    return target.getvalue()
