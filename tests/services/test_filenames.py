"""Names of files that people take home."""

from __future__ import annotations

import pytest

from services.filenames import named


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Возврат & <refund>", "Возврат-refund"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\a/b?*|", "C-a-b"),
        ("///", "file"),
        ("", "file"),
        ("...", "file"),
        ("слово " * 40, "-".join(["слово"] * 10)),
        ("ы" * 300, "ы" * 60),
        ("Tea\r\nSet-Cookie: x", "Tea-Set-Cookie-x"),
    ],
)
def test_a_title_becomes_a_name_that_every_file_system_takes(title: str, name: str) -> None:
    assert named(title, "file") == name
    assert len(f"{name}.docx".encode()) <= 255
