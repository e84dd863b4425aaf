"""The product's API for the soak of the chat, in a process of its own.

`python -m tests.soak.serve_chat FOLDER MODEL_URL PEOPLE` says its address and the tokens of the people on one line, and
serves until its input is closed.
"""

from __future__ import annotations

import gc
import json
import socket
import sys
import threading
from pathlib import Path

import uvicorn

import api
from core.entities.corpora import Chunk, CollectionKind, Stage
from core.entities.guards import RoleLimit
from core.entities.people import Client, UserStatus
from core.roles import Role
from core.settings import Settings
from data.embedded import EmbeddedPostgres
from data.migrate import upgrade
from data.stores.documents import NewDocument
from services import container
from services.container import Services
from services.corpora.fingerprints import Fingerprints

TEXT = "Every person at Oakline has 28 days of leave a year. Leave is asked for in the portal."


def main(folder: Path, model_url: str, people: int) -> None:
    settings = Settings(_env_file=None, var_dir=folder, demo=False, ollama_url=model_url, provider="ollama")
    database = EmbeddedPostgres(folder, max_connections=200)
    url = database.start()
    upgrade(url)
    services = container.build(settings, url)
    container.install(services)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(api.create_app(services), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        services.turns.warm()
        gc.collect()
        gc.freeze()  # as the product does once it is up
        started = {"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "tokens": _tokens(services, people)}
        sys.stdout.write(f"{json.dumps(started)}\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()
        server.should_exit = True
        thread.join()
    services.close()
    database.stop()


def _tokens(services: Services, people: int) -> list[str]:
    """A document to ask about, and people who may ask as often as they like."""
    with services.db.begin() as tx:
        made = Fingerprints(services.settings).current()
        tx.collections.ensure("documents", "Documents", CollectionKind.DOCUMENTS, made, readers=[Role.SALES])
        collection = tx.collections.named("documents")
        assert collection
        document = tx.documents.add(NewDocument(collection.id, "leave.txt", "text/plain", "a", 1, title="Leave"))
        assert document
        tx.chunks.put(collection.version.id, document, [Chunk(0, TEXT, "Leave", None, None, "en", 20)])
        tx.stages.advance([document], Stage.READY)
        tx.limits.set(RoleLimit(Role.SALES, 1_000))
        users = [
            tx.users.create(f"p{n}@example.com", f"P{n}", Role.SALES, UserStatus.ACTIVE, "x") for n in range(people)
        ]
    return [services.sessions.issue_token(user, Client())[0] for user in users if user]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
