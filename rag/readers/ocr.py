"""Recognises the text of pages that are pictures, with the Tesseract of the machine if it has one."""

from __future__ import annotations

import ctypes
import io
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import ParseFailed
from rag import pdfium
from rag.readers.limits import Limits

_WANTED = ("eng", "rus")
_DOTS_PER_INCH = 300
_POINTS_PER_INCH = 72
_MOST_PIXELS = 25_000_000
_LISTING_S = 10
_PR_SET_PDEATHSIG = 1


def available() -> bool:
    return shutil.which("tesseract") is not None


def page_text(path: Path, suffix: str, page: int, limits: Limits) -> str:
    """What Tesseract reads on a page (from 1) of a PDF or an image; empty where it sees no text.

    Raises ParseFailed where there is no such page or the recognition takes longer than `limits.page_seconds`.
    """
    picture = _of_pdf(path, page) if suffix == ".pdf" else _of_image(path, page)
    packed = io.BytesIO()
    picture.save(packed, "PNG", compress_level=1)
    return _recognised(packed.getvalue(), limits.page_seconds)


def _of_pdf(path: Path, page: int) -> Any:
    with pdfium.opened(path) as document:
        leaf = document[page - 1]
        width, height = (side / _POINTS_PER_INCH for side in leaf.get_size())
        dots = min(_DOTS_PER_INCH, (_MOST_PIXELS / max(width * height, 0.01)) ** 0.5)
        return leaf.render(scale=dots / _POINTS_PER_INCH, grayscale=True).to_pil().convert("L")


def _of_image(path: Path, page: int) -> Any:
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        image.seek(page - 1)
        turned = ImageOps.exif_transpose(image)
        flat = Image.new("L", turned.size, 255)
        with_alpha = turned.convert("RGBA")  # what is clear is paper
        flat.paste(with_alpha.convert("L"), mask=with_alpha.getchannel("A"))
    if flat.width * flat.height > _MOST_PIXELS:
        share = (_MOST_PIXELS / (flat.width * flat.height)) ** 0.5
        flat = flat.resize((max(1, int(flat.width * share)), max(1, int(flat.height * share))))
    return flat


TOO_SLOW = "Recognising a page took longer than the limit of %(seconds)s s."


def _recognised(picture: bytes, seconds: int) -> str:
    command = ["tesseract", "stdin", "stdout", "-l", _languages(), "--dpi", str(_DOTS_PER_INCH)]
    try:
        done = subprocess.run(
            command, input=picture, capture_output=True, timeout=seconds, check=False, preexec_fn=_die_with_parent
        )
    except subprocess.TimeoutExpired as error:
        raise ParseFailed(TOO_SLOW, seconds=seconds) from error
    return done.stdout.decode("utf-8", "replace").replace("\f", "").strip() if done.returncode == 0 else ""


def _die_with_parent() -> None:
    """Runs in the new process: the one that reads files may be ended at any moment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@cache
def _languages() -> str:
    """Those of ours that are installed; any other one rather than none."""
    listed = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=_LISTING_S, check=False
    )
    there = [line.strip() for line in listed.stdout.splitlines()[1:]]
    wanted = [language for language in _WANTED if language in there]
    return "+".join(wanted or [language for language in there if language != "osd"][:1] or ["eng"])
