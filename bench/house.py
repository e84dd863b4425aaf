"""A whole product for one measurement: services over a fresh folder and database, and a client of its API."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.testclient import TestClient

from api import create_app
from core.entities.corpora import CollectionKind, Stage
from core.entities.people import Client, Principal, UserStatus
from core.roles import Role
from core.security import hash_password
from core.settings import ROOT, Settings
from data.embedded import EmbeddedPostgres
from data.migrate import upgrade
from rag.embedding.spec import model_dir
from rag.export import export
from services import container
from services.container import Services

_INGESTING = 32  # documents at once: as many as share the model's calls


@dataclass(frozen=True)
class House:
    services: Services
    client: TestClient  # signed in as the administrator
    admin: Principal

    def collection(self, name: str) -> None:
        self.services.collections.create(self.admin, name, name, CollectionKind.DOCUMENTS)

    def load(self, collection: str, texts: Mapping[str, str]) -> dict[str, UUID]:
        """Uploads each text (by file name) and takes it to `ready`; returns the document ids by file name."""
        ids = {
            name: self.services.documents.upload(self.admin, name, io.BytesIO(text.encode()), collection).document.id
            for name, text in texts.items()
        }
        with ThreadPoolExecutor(_INGESTING) as pool:
            list(pool.map(self.services.ingestion.run, ids.values()))
        stages = [self.services.documents.get(self.admin, key).stage for key in ids.values()]
        assert set(stages) <= {Stage.READY}, stages
        return ids

    def search(self, collection: str, question: str, k: int = 10) -> dict[str, Any]:
        """The answer of `GET /api/search`."""
        response = self.client.get("/api/search", params={"q": question, "collection": collection, "k": k})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def house(**changes: Any) -> Iterator[House]:
    """Built as the product builds it, with `changes` to its settings; the exported model of `var/` is used, or made."""
    export(Settings())
    with tempfile.TemporaryDirectory(prefix="nichewise-bench-", dir=ROOT / "var") as folder:
        settings = Settings(_env_file=None, var_dir=Path(folder), demo=False, **changes)
        model_dir(settings).parent.mkdir(parents=True)
        model_dir(settings).symlink_to(model_dir(Settings()))
        server = EmbeddedPostgres(settings.var_dir)
        url = server.start()
        try:
            upgrade(url)
            services = container.build(settings, url)
            container.install(services)
            yield House(services, *_signed_in(services))
            services.close()
        finally:
            container.install(None)
            server.stop()


def _signed_in(services: Services) -> tuple[TestClient, Principal]:
    with services.db.begin() as tx:
        hashed = hash_password("unused", rounds=4)
        user = tx.users.create("bench@localhost.test", "Bench", Role.ADMIN, UserStatus.ACTIVE, hashed)
    assert user is not None
    token, _ = services.sessions.issue_token(user, Client())
    client = TestClient(create_app(services), headers={"Authorization": f"Bearer {token}"})
    return client, services.sessions.resolve_bearer(token)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
