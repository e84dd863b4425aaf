"""The way to Chroma: a server, or a folder of our own in a process of its own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from core.settings import Settings

_PATIENCE = 2.0  # seconds


class Client:
    """Connects when it is first asked, and again after `close`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._client: Any = None

    def connected(self) -> Any:
        """Chroma's client; raises StartupError where another process owns the folder."""
        with self._opening:
            if self._client is None:
                self._client = self._served() if self._settings.chroma_url else self._owned()
            return self._client

    def answers(self) -> bool:
        """Whether the server does; a folder of our own needs none."""
        import httpx

        if not self._settings.chroma_url:
            return True
        try:
            answer = httpx.get(f"{self._settings.chroma_url.rstrip('/')}/api/v2/heartbeat", timeout=_PATIENCE)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _served(self) -> Any:
        from urllib.parse import urlsplit

        import chromadb
        from chromadb.config import Settings as ChromaSettings

        url = urlsplit(self._settings.chroma_url or "")
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 8000)
        quiet = ChromaSettings(anonymized_telemetry=False)
        return chromadb.HttpClient(host=url.hostname or "", port=port, ssl=secure, settings=quiet)

    def _owned(self) -> Any:
        from rag.vectors.apart import Apart

        owned = Apart(self._settings.var_dir / "chroma")
        owned.open()
        return owned

    @property
    def folder(self) -> Path | None:
        """Where the vectors lie, None where a server keeps them."""
        return None if self._settings.chroma_url else self._settings.var_dir / "chroma"

    def close(self) -> None:
        """Lets go of the folder."""
        with self._opening:
            if self._client is not None:
                self._client.close()
            self._client = None
