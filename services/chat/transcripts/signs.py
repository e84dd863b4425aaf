"""Which signs the PDF's font has, and what stands for those that it lacks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

MISSING = "\ufffd"
_LIKE = {
    "→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "⇐": "<=", "⇔": "<=>", "➡": "->", "➔": "->", "▶": ">",
    "✓": "√", "✔": "√", "✅": "√", "☑": "√", "✗": "×", "✘": "×", "❌": "×", "✖": "×", "☐": "[ ]",
    "●": "•", "■": "•", "▪": "•", "◦": "•", "‣": "•", "★": "*", "⭐": "*", "‑": "-", "‐": "-", "―": "—", "\t": "    ",
}  # fmt: skip
_JOINING = re.compile("[\ufe00-\ufe0f\u200c-\u200f\u2060\ufeff\U0001f3fb-\U0001f3ff]")  # of emoji, and without a shape
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


def drawable(text: str, known: Container[int]) -> str:
    """The text in signs whose code points are `known`: a likeness where there is one, else `MISSING`."""
    if text.isascii() and text.isprintable():
        return text
    text = _FLAG.sub(MISSING, _JOINING.sub("", unicodedata.normalize("NFC", text)))
    return "".join(sign if sign == "\n" or ord(sign) in known else _instead(sign) for sign in text)


def _instead(sign: str) -> str:
    if sign in _LIKE:
        return _LIKE[sign]
    return " " if sign.isspace() else "" if unicodedata.category(sign) in ("Cc", "Cf") else MISSING
