"""The database: one engine, and units of work that carry the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unavailable
from core.security import Cipher
from data.stores.audit import Audit
from data.stores.changes import ChunkChanges
from data.stores.chunks import Chunks
from data.stores.collections import Collections
from data.stores.conversations import Conversations
from data.stores.documents import Documents
from data.stores.experiments import Experiments
from data.stores.failures import SignInFailures
from data.stores.guards import Guards
from data.stores.jobs import Jobs
from data.stores.keys import ApiKeys
from data.stores.limits import RoleLimits
from data.stores.messages import Messages
from data.stores.model_settings import ModelSettings
from data.stores.niche_figures import NicheFigures
from data.stores.niche_imports import NicheImports
from data.stores.niches import Niches
from data.stores.outbox import Outbox
from data.stores.rates import RateWindows
from data.stores.resets import PasswordResets
from data.stores.routes import RouteDecisions
from data.stores.sessions import Sessions
from data.stores.users import Users


class Stores:
    """The stores of one transaction; each is made when it is first asked for."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self.connection = connection
        self.cipher = cipher

    @cached_property
    def users(self) -> Users:
        return Users(self.connection)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.connection)

    @cached_property
    def keys(self) -> ApiKeys:
        return ApiKeys(self.connection)

    @cached_property
    def failures(self) -> SignInFailures:
        return SignInFailures(self.connection)

    @cached_property
    def resets(self) -> PasswordResets:
        return PasswordResets(self.connection)

    @cached_property
    def rates(self) -> RateWindows:
        return RateWindows(self.connection)

    @cached_property
    def guards(self) -> Guards:
        return Guards(self.connection, self.cipher)

    @cached_property
    def limits(self) -> RoleLimits:
        return RoleLimits(self.connection)

    @cached_property
    def routes(self) -> RouteDecisions:
        return RouteDecisions(self.connection)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.connection, self.cipher)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection)

    @cached_property
    def collections(self) -> Collections:
        return Collections(self.connection)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.connection)

    @cached_property
    def chunks(self) -> Chunks:
        return Chunks(self.connection)

    @cached_property
    def changes(self) -> ChunkChanges:
        return ChunkChanges(self.connection)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.connection)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self.connection, self.cipher)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.connection, self.cipher)

    @cached_property
    def niches(self) -> Niches:
        return Niches(self.connection)

    @cached_property
    def niche_imports(self) -> NicheImports:
        return NicheImports(self.connection)

    @cached_property
    def niche_figures(self) -> NicheFigures:
        return NicheFigures(self.connection)

    @cached_property
    def experiments(self) -> Experiments:
        return Experiments(self.connection, self.cipher)

    @cached_property
    def model_settings(self) -> ModelSettings:
        return ModelSettings(self.connection, self.cipher)


class Database:
    """`with db.begin() as tx:` is one transaction: committed at the end of the block, rolled back by an exception.

    `begin` raises Unavailable when the server does not answer.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self._cipher = cipher
        self.url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)  # for other clients
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,  # what people wrote does not belong into logs
        )

    @contextmanager
    def begin(self) -> Iterator[Stores]:
        with self._connected() as connection, connection.begin():
            yield Stores(connection, self._cipher)

    def _connected(self) -> Connection:
        try:
            return self._engine.connect()
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("The database does not answer. Try again in a minute.") from error

    def ping(self) -> None:
        """Raises if the server does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()
