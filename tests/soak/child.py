"""The services and their worker in a process of their own, which does what it is told on standard input, line by line.

A line is a JSON object `{"do": NAME, ...}`; the answer is a JSON line. The process is there to be killed.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from core import logs
from core.entities.people import Principal, UserStatus
from core.entities.versions import IndexPlan
from core.roles import Role
from core.settings import Settings
from jobs.worker import embedded_worker
from services import container
from services.container import Services

EMAIL = "admin@example.com"


class Desk:
    """What the parent may ask for."""

    def __init__(self, services: Services) -> None:
        self.services = services
        services.collections.ensure_defaults()
        with services.db.begin() as tx:
            user = tx.users.create(EMAIL, "Admin", Role.ADMIN, UserStatus.ACTIVE, "none") or tx.users.by_email(EMAIL)
        assert user
        self.who = Principal(Role.ADMIN, user_id=user.id, email=EMAIL)

    def upload(self, name: str, text: str) -> str:
        made = self.services.documents.upload(self.who, name, io.BytesIO(text.encode()), "documents")
        return str(made.document.id)

    def delete(self, document: str) -> dict[str, int]:
        return asdict(self.services.documents.delete(self.who, UUID(document)))

    def reindex(self, tokens: int, model: str | None = None) -> str:
        return str(self.services.versions.reindex(self.who, "documents", IndexPlan(tokens, 0, model=model)))

    def activate(self, number: int) -> str:
        return str(self.services.versions.activate(self.who, "documents", number))

    def search(self, question: str) -> dict[str, Any]:
        """The version that answered, and its first passages."""
        version = self.services.collections.get(self.who, "documents").version
        hits = self.services.search.search(self.who, "documents", question, 3).passages
        return {
            "version": version.number,
            "hits": [(str(hit.chunk_id), str(hit.document_id), hit.text) for hit in hits],
        }

    def differences(self) -> dict[int, bool]:
        """For each kept version whether its stores differ."""
        kept = self.services.versions.list(self.who, "documents")
        versions = [one.version for one in kept if one.version.state in ("active", "retired")]
        return {one.number: bool(self.services.comparing.differences(one)) for one in versions}

    def reconcile(self) -> list[dict[str, Any]]:
        collection = self.services.collections.get(self.who, "documents")
        found = self.services.reconciling.collection(collection.id)
        return [
            asdict(one) for one in (*(found.findings if found else ()), *self.services.reconciling.house().findings)
        ]


async def serve(url: str, folder: Path) -> None:
    services = container.build(Settings(_env_file=None, var_dir=folder, demo=False), url)
    container.install(services)
    services.indexing.restore_vectors()  # as at every start, before anybody is let in
    services.indexing.restore_lexical()
    desk = Desk(services)
    async with embedded_worker(services):
        print(json.dumps("ready"), flush=True)  # noqa: T201 - the protocol
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            answer = await asyncio.to_thread(getattr(desk, order.pop("do")), **order)
            print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    logs.configure()
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
