"""What parsing makes of an uploaded file, kept beside it, so that a re-index parses nothing again."""

from __future__ import annotations

import json
from pathlib import Path

from core.entities.reading import Parsed
from rag.parsing import Limits, Parser, Report
from rag.readers import image, ocr, written
from services.files.batching import Stopped
from services.files.blobs import Blobs

_LAYOUT = 5  # a newer reader makes a newer parse: raise it when readers see more than they did
# Of formats whose readers do not, and whose pages may have taken hours to recognise.
_LAYOUTS = dict.fromkeys((".pdf", *image.FORMATS), 3)


class Parses:
    def __init__(self, blobs: Blobs, parser: Parser) -> None:
        self._blobs = blobs
        self._parser = parser
        self._stopped = False

    def stop(self) -> None:
        """Breaks off what is being read; whoever waits for it gets `Stopped`."""
        self._stopped = True
        self._parser.close()

    def get(self, sha256: str, filename: str, report: Report = lambda _done, _total: None) -> Parsed:
        """The kept parse, else a new one; also where pages are pictures that can be recognised by now.

        `report` hears of pages while pictures are recognised. `ParseFailed` or `UnsupportedFormat` with a sentence for
        the uploader.
        """
        kind = Path(filename).suffix.lower()
        suffix = f"{kind}.{_LAYOUTS.get(kind, _LAYOUT)}.json.gz"
        if kept := self._blobs.derived(sha256, suffix):
            parsed = written.parsed(json.loads(kept))
            if not (parsed.unread and ocr.available()):
                return parsed
        with self._blobs.local(sha256) as path:
            parsed = self._read(path, filename, report)
        self._blobs.put_derived(sha256, suffix, json.dumps(written.values(parsed), ensure_ascii=False).encode())
        return parsed

    def _read(self, path: Path, filename: str, report: Report) -> Parsed:
        try:
            return self._parser.parse(path, filename, Limits(), report)
        except Exception as error:
            if self._stopped:  # the file is not to blame
                raise Stopped from error
            raise
