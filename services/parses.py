"""What parsing makes of an uploaded file, kept beside it, so that a re-index parses nothing again."""

from __future__ import annotations

import json
from pathlib import Path

from core.entities import Block, Parsed
from rag.parsing import Limits, Parser
from services.batching import Stopped
from services.blobs import Blobs

_LAYOUT = 1  # a newer reader makes a newer parse: raise it when readers see more than they did


class Parses:
    def __init__(self, blobs: Blobs, parser: Parser) -> None:
        self._blobs = blobs
        self._parser = parser
        self._stopped = False

    def stop(self) -> None:
        """Breaks off what is being read; whoever waits for it gets `Stopped`."""
        self._stopped = True
        self._parser.close()

    def get(self, sha256: str, filename: str) -> Parsed:
        """The kept parse, else a new one. `ParseFailed` or `UnsupportedFormat` with a sentence for the uploader."""
        suffix = f"{Path(filename).suffix.lower()}.{_LAYOUT}.json.gz"
        if kept := self._blobs.derived(sha256, suffix):
            return _parsed(kept)
        with self._blobs.local(sha256) as path:
            parsed = self._read(path, filename)
        self._blobs.put_derived(sha256, suffix, _written(parsed))
        return parsed

    def _read(self, path: Path, filename: str) -> Parsed:
        try:
            return self._parser.parse(path, filename, Limits())
        except Exception as error:
            if self._stopped:  # the file is not to blame
                raise Stopped from error
            raise


def _written(parsed: Parsed) -> bytes:
    values = {
        "blocks": [(block.text, block.kind, block.level, block.page) for block in parsed.blocks],
        "title": parsed.title,
        "pages": parsed.pages,
        "tags": parsed.tags,
        "notes": parsed.notes,
        "metadata": dict(parsed.metadata),
    }
    return json.dumps(values, ensure_ascii=False).encode()


def _parsed(kept: bytes) -> Parsed:
    values = json.loads(kept)
    blocks = tuple(Block(*block) for block in values.pop("blocks"))
    tags, notes = tuple(values.pop("tags")), tuple(values.pop("notes"))
    return Parsed(blocks=blocks, tags=tags, notes=notes, **values)
