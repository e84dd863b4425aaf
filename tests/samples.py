"""Sample files of every format: good, empty, encrypted, truncated, and bombs that cost more than they weigh."""

from __future__ import annotations

import io
import json
import random
import zlib
from collections.abc import Mapping, Sequence

from tests import sample_formats as formats
from tests.compound import msg
from tests.sample_formats import Build, with_member

__all__ = ["BOMB", "EMPTY", "ENCRYPTED", "GOOD", "TRUNCATED", "Build", "with_member"]

SENTENCE = "Refunds are paid within fourteen days of the request."
RUSSIAN = "Возврат денег занимает четырнадцать дней с момента обращения."
ROWS = (("Niche", "Firms"), ("Bakeries", "3120"), ("Florists", "1450"))


# --- PDF ------------------------------------------------------------------------------------------------------------


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with these lines on its pages, Russian ones too; a page without lines has a picture only."""
    return _pdf_file([_page_content(lines) for lines in pages])


def pdf_drawn(*contents: bytes) -> bytes:
    """A PDF whose pages (A4, font /F1) are drawn by these instructions."""
    return _pdf_file(contents)


def pdf_of_many_pages(count: int) -> bytes:
    return _pdf_file([_page_content([f"Page {n} of many. {SENTENCE}"]) for n in range(1, count + 1)])


def pdf_that_inflates(megabytes: int) -> bytes:
    """One page whose content, a thousand times its size in the file, shows the same sentence again and again."""
    line = _page_content([SENTENCE]) + b"\n"
    return _pdf_file([line * (megabytes * 1_000_000 // len(line))], compress=True)


def encrypted_pdf() -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([[SENTENCE]]))))
    writer.encrypt("secret", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _page_content(lines: Sequence[str]) -> bytes:
    if not lines:
        return b"0.5 g 100 100 300 300 re f"
    shown = b"".join(b"(%b) Tj T* " % _escaped(line) for line in lines)
    return b"BT /F1 11 Tf 14 TL 72 760 Td %b ET" % shown


def _escaped(line: str) -> bytes:
    return line.encode("cp1251").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _font() -> bytes:
    names = " ".join(f"/uni{ord(bytes([code]).decode('cp1251')):04X}" for code in range(0xC0, 0x100))
    encoding = f"<< /BaseEncoding /WinAnsiEncoding /Differences [ 192 {names} ] >>"
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding {encoding} >>".encode()


def _pdf_file(contents: Sequence[bytes], compress: bool = False) -> bytes:
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [ %b ] /Count %d >>" % (kids, len(contents)),
        _font(),
    ]
    for n, content in enumerate(contents):
        data = zlib.compress(content) if compress else content
        packed = b" /Filter /FlateDecode" if compress else b""
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n),
            b"<< /Length %d%b >> stream\n%b\nendstream" % (len(data), packed, data),
        ]
    return _with_cross_references(objects)


def _with_cross_references(objects: Sequence[bytes]) -> bytes:
    file = io.BytesIO()
    file.write(b"%PDF-1.5\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(file.tell())
        file.write(b"%d 0 obj %b endobj\n" % (number, content))
    start = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return file.getvalue()


# --- Office ---------------------------------------------------------------------------------------------------------


def docx(paragraphs: Sequence[str] = (SENTENCE, RUSSIAN), rows: Sequence[Sequence[str]] = ROWS) -> bytes:
    import docx as word

    document = word.Document()
    if paragraphs:
        document.add_heading("Refunds", 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, values in zip(table.rows, rows, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
    return _saved(document)


def docx_of_many_paragraphs(count: int) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f"<w:p><w:r><w:t>{SENTENCE}</w:t></w:r></w:p>" * count
    document = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    return with_member(docx(), "word/document.xml", document.encode())


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]] | None = None) -> bytes:
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in (sheets if sheets is not None else {"Niches": [*ROWS, (RUSSIAN, SENTENCE)]}).items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return _saved(workbook)


def pptx(slides: Sequence[tuple[str, str]] = (("Refunds", SENTENCE), ("Возврат", RUSSIAN))) -> bytes:
    import pptx as powerpoint

    presentation = powerpoint.Presentation()
    for title, body in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    return _saved(presentation)


def _saved(document: object) -> bytes:
    target = io.BytesIO()
    document.save(target)  # type: ignore[attr-defined]  # the three libraries agree on the name alone
    return target.getvalue()


def encrypted_office() -> bytes:
    """The outer shape of what Office writes with a password: a compound file that holds an encrypted package."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(512)


# --- text -----------------------------------------------------------------------------------------------------------


def noise() -> bytes:
    """What an encrypted file looks like where the format itself knows no encryption."""
    return random.Random(7).randbytes(8_192)


def _table(separator: str) -> str:
    return "\n".join(separator.join(row) for row in ROWS)


def _text(content: str) -> Build:
    return lambda: content.encode()


_MD = f"# Refunds\n\n{SENTENCE}\n\n| Niche | Firms |\n| --- | ---: |\n| Bakeries | 3120 |\n\n## Возврат\n\n{RUSSIAN}\n"
_HTML = (
    f"<!doctype html><html><head><title>Refunds</title><style>p {{}}</style></head><body><h1>Refunds</h1>"
    f"<p>{SENTENCE}</p><p>{RUSSIAN}</p><table><tr><th>Niche</th><th>Firms</th></tr>"
    f"<tr><td>Bakeries</td><td>3120</td></tr></table></body></html>"
)
TAB = "\t"
RECORDS = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
_XML = (
    f"<?xml version='1.0'?><handbook><title>Refunds</title><rule>{SENTENCE}</rule><rule>{RUSSIAN}</rule><niches>"
    + "".join(f"<niche><Niche>{name}</Niche><Firms>{firms}</Firms></niche>" for name, firms in ROWS[1:])
    + "</niches></handbook>"
)
_LONG = f"{SENTENCE} " * 20_000

GOOD: Mapping[str, Build] = {
    ".pdf": lambda: pdf([[SENTENCE, RUSSIAN], ["The second page."]]),
    ".txt": _text(f"{SENTENCE}\n\n{RUSSIAN}\n"),
    ".md": _text(_MD),
    ".docx": docx,
    ".xlsx": xlsx,
    ".csv": _text(f"{_table(';')}\n{RUSSIAN};{SENTENCE}\n"),
    ".pptx": pptx,
    ".html": _text(_HTML),
    ".htm": _text(_HTML),
    ".tsv": lambda: f"{_table(TAB)}\n{RUSSIAN}\t{SENTENCE}\n".encode(),
    ".json": lambda: json.dumps({"title": "Refunds", "rules": [SENTENCE, RUSSIAN], "niches": RECORDS}).encode(),
    ".xml": _text(_XML),
    ".rtf": lambda: formats.rtf("Refunds", SENTENCE, RUSSIAN),
    ".odt": lambda: formats.odt((SENTENCE, RUSSIAN), ROWS),
    ".epub": lambda: formats.epub(_HTML, title="Refunds"),
    ".eml": lambda: formats.eml("Refunds", f"{SENTENCE}\n\n{RUSSIAN}\n"),
    ".msg": lambda: msg("Refunds", f"{SENTENCE}\r\n\r\n{RUSSIAN}\r\n", sender="ann@example.com"),
}

EMPTY: Mapping[str, Build] = {
    ".pdf": lambda: pdf([[], []]),
    ".txt": _text(" \n\n \n"),
    ".md": _text("---\n\n"),
    ".docx": lambda: docx((), ()),
    ".xlsx": lambda: xlsx({"Sheet": []}),
    ".csv": _text(";;\n;;\n"),
    ".pptx": lambda: pptx([]),
    ".html": _text("<html><body><script>var a = 1</script></body></html>"),
    ".htm": _text("<html></html>"),
    ".tsv": _text("\t\n"),
    ".json": _text("{}"),
    ".xml": _text("<x><y/></x>"),
    ".rtf": formats.rtf,
    ".odt": lambda: formats.odt(()),
    ".epub": lambda: formats.epub("<html><body/></html>"),
    ".eml": lambda: formats.eml("", "\n"),
    ".msg": lambda: msg("", ""),
}

ENCRYPTED: Mapping[str, Build] = {
    **dict.fromkeys(GOOD, noise),
    ".pdf": encrypted_pdf,
    **dict.fromkeys((".docx", ".xlsx", ".pptx"), encrypted_office),
    ".odt": formats.encrypted_odt,
    ".epub": formats.locked_epub,
    ".eml": formats.encrypted_eml,
}

TRUNCATED: Mapping[str, Build] = {
    suffix: (lambda build: lambda: build()[: len(build()) // 2])(b) for suffix, b in GOOD.items()
}

BOMB: Mapping[str, Build] = {
    **dict.fromkeys(GOOD, _text(_LONG)),
    ".pdf": lambda: pdf_of_many_pages(300),
    ".md": _text(f"# Bomb\n\n{_LONG}"),
    ".html": _text(f"<p>{_LONG}</p>"),
    ".htm": _text("<div>" * 50_000 + f"<p>{_LONG}</p>"),
    ".docx": lambda: with_member(docx(), "word/media/zeros.bin", bytes(20_000_000)),
    ".xlsx": lambda: with_member(xlsx(), "xl/media/zeros.bin", bytes(20_000_000)),
    ".pptx": lambda: with_member(pptx(), "ppt/media/zeros.bin", bytes(20_000_000)),
    ".odt": lambda: with_member(formats.odt([SENTENCE]), "Pictures/zeros.bin", bytes(20_000_000)),
    ".epub": lambda: with_member(formats.epub(_HTML), "OEBPS/zeros.bin", bytes(20_000_000)),
    ".json": _text("[" * 5_000 + "]" * 5_000),
    ".xml": _text("<a>" * 5_000 + SENTENCE + "</a>" * 5_000),
    ".rtf": lambda: formats.rtf(_LONG),
    ".eml": lambda: formats.eml("Long", _LONG),
    ".msg": lambda: msg("Long", _LONG),
}
