"""The way to Chroma: a server, or a folder of our own that one process owns."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from core.errors import StartupError
from core.settings import Settings

_PATIENCE = 2.0  # seconds


class Client:
    """Connects when it is first asked, and again after `close`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._client: Any = None
        self._owner: Any = None

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

        url = urlsplit(self._settings.chroma_url or "")
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 8000)
        return chromadb.HttpClient(host=url.hostname or "", port=port, ssl=secure, settings=_quiet())

    def _owned(self) -> Any:
        import chromadb
        from filelock import FileLock, Timeout

        folder = self._settings.var_dir / "chroma"
        folder.mkdir(parents=True, exist_ok=True)
        owner = FileLock(folder / ".owner")
        try:
            owner.acquire(timeout=0)
        except Timeout as error:
            raise StartupError(
                "Another process uses %(folder)s. Stop it, or give this one another NICHEWISE_VAR_DIR.", folder=folder
            ) from error
        self._owner = owner
        return chromadb.PersistentClient(str(folder), settings=_quiet())

    @property
    def folder(self) -> Path | None:
        """Where the vectors lie once it is connected, None where a server keeps them."""
        return self._settings.var_dir / "chroma" if self._owner else None

    def close(self) -> None:
        """Lets go of the folder."""
        with self._opening:
            if self._client is not None:
                self._client.close()
            if self._owner is not None:
                self._owner.release()
            self._client = self._owner = None


def _quiet() -> Any:
    from chromadb.config import Settings as ChromaSettings

    return ChromaSettings(anonymized_telemetry=False)
