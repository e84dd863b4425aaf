"""The prompt files of scenarios, as their tools may read them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from pathlib import Path

import scenarios
from core.errors import NotFound

_KEPT_SECONDS = 2 * 3600.0
_KEPT_FILES = 6


class ScenarioFiles:
    """The prompts of scenarios by path, from a list of those that may be read; a few are kept for two hours, as long
    as the file does not change."""

    def __init__(self) -> None:
        self._allowed = {scenario.prompt.name: scenario.prompt for scenario in scenarios.REGISTRY.values()}
        self._lock = threading.Lock()
        self._kept: OrderedDict[Path, tuple[float, int, str]] = OrderedDict()

    def read(self, path: str) -> str:
        """Raises `NotFound` for what is not on the list, however it is written."""
        file = self._allowed.get(path)
        if file is None:
            raise NotFound
        changed = file.stat().st_mtime_ns
        with self._lock:
            at, was, text = self._kept.pop(file, (float("-inf"), 0, ""))
            if was != changed or time.monotonic() - at > _KEPT_SECONDS:
                at, text = time.monotonic(), file.read_text(encoding="utf-8")
            self._kept[file] = (at, changed, text)
            if len(self._kept) > _KEPT_FILES:
                self._kept.popitem(last=False)
        return text
