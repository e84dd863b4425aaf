"""The Tesseract of the machine that tests run on, if it has one."""

from __future__ import annotations

import shutil

import pytest

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed: apt-get install tesseract-ocr-rus"
)
