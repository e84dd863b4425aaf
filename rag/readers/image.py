"""Pictures (PNG, JPEG, TIFF): each frame is a page whose text is yet to be recognised."""

from __future__ import annotations

from pathlib import Path

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag.readers.content import WRONG_CONTENT
from rag.readers.limits import Limits

TOO_MANY_FRAMES = "The picture has %(pages)s pages; the limit is %(limit)s. Split it and upload the parts."
TOO_LARGE = "The picture is larger than the limit of %(megapixels)s megapixels. Make it smaller and upload it again."

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}
_MEGAPIXELS = 150


def read(path: Path, limits: Limits) -> Parsed:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own limit has a sentence
    try:
        with Image.open(path, formats=sorted(set(FORMATS.values()))) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > limits.pages:
                raise ParseFailed(TOO_MANY_FRAMES, pages=frames, limit=limits.pages)
            if image.width * image.height > _MEGAPIXELS * 1_000_000:
                raise ParseFailed(TOO_LARGE, megapixels=_MEGAPIXELS)
            image.load()
    except UnidentifiedImageError as error:
        raise ParseFailed(WRONG_CONTENT, suffix="/".join(FORMATS)) from error
    return Parsed((), pages=frames, unread=tuple(range(1, frames + 1)))
