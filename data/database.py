"""The database: one engine, and units of work that carry the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unavailable
from core.security import Cipher
from data import pool
from data.stores.allowlist import Allowlist
from data.stores.answers import Answers
from data.stores.attachments import Attachments
from data.stores.audit import Audit
from data.stores.changes import ChunkChanges
from data.stores.chunks import Chunks
from data.stores.codes import OneTimeCodes
from data.stores.collections import Collections
from data.stores.conversations import Conversations
from data.stores.documents import Documents
from data.stores.evaluations import Evaluations
from data.stores.experiments import Experiments
from data.stores.failures import SignInFailures
from data.stores.feedback import Feedbacks
from data.stores.findings import Findings
from data.stores.golden import Golden
from data.stores.guards import Guards
from data.stores.instructions import InstructionsLog
from data.stores.jobs import Jobs
from data.stores.kept_answers import KeptAnswers
from data.stores.keys import ApiKeys
from data.stores.ledger import Ledger
from data.stores.limits import RoleLimits
from data.stores.lineages import Lineages
from data.stores.messages import Messages
from data.stores.model_settings import ModelSettings
from data.stores.niche_figures import NicheFigures
from data.stores.niche_imports import NicheImports
from data.stores.niches import Niches
from data.stores.outbox import Outbox
from data.stores.profiles import Profiles
from data.stores.rates import RateWindows
from data.stores.readers import ReadersOf
from data.stores.registrations import Registrations
from data.stores.resets import PasswordResets
from data.stores.retrieval_settings import RetrievalSettingsStore
from data.stores.routes import RouteDecisions
from data.stores.sessions import Sessions
from data.stores.shares import Shares
from data.stores.soundness import Soundness
from data.stores.source_runs import SourceRuns
from data.stores.sources import Sources
from data.stores.summaries import Summaries
from data.stores.templates import Templates
from data.stores.threads import Threads
from data.stores.usage import UsageLedger
from data.stores.users import Users
from data.stores.versions import Versions


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
    def codes(self) -> OneTimeCodes:
        return OneTimeCodes(self.connection)

    @cached_property
    def allowlist(self) -> Allowlist:
        return Allowlist(self.connection)

    @cached_property
    def profiles(self) -> Profiles:
        return Profiles(self.connection)

    @cached_property
    def registrations(self) -> Registrations:
        return Registrations(self.connection)

    @cached_property
    def summaries(self) -> Summaries:
        return Summaries(self.connection, self.cipher)

    @cached_property
    def rates(self) -> RateWindows:
        return RateWindows(self.connection)

    @cached_property
    def guards(self) -> Guards:
        return Guards(self.connection, self.cipher)

    @cached_property
    def usage(self) -> UsageLedger:
        return UsageLedger(self.connection)

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
    def versions(self) -> Versions:
        return Versions(self.connection)

    @cached_property
    def soundness(self) -> Soundness:
        return Soundness(self.connection)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.connection)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.connection)

    @cached_property
    def lineages(self) -> Lineages:
        return Lineages(self.connection)

    @cached_property
    def findings(self) -> Findings:
        return Findings(self.connection)

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
    def answers(self) -> Answers:
        return Answers(self.connection, self.cipher)

    @cached_property
    def attachments(self) -> Attachments:
        return Attachments(self.connection)

    @cached_property
    def kept_answers(self) -> KeptAnswers:
        return KeptAnswers(self.connection, self.cipher)

    @cached_property
    def threads(self) -> Threads:
        return Threads(self.connection)

    @cached_property
    def shares(self) -> Shares:
        return Shares(self.connection)

    @cached_property
    def feedback(self) -> Feedbacks:
        return Feedbacks(self.connection, self.cipher)

    @cached_property
    def templates(self) -> Templates:
        return Templates(self.connection, self.cipher)

    @cached_property
    def instructions(self) -> InstructionsLog:
        return InstructionsLog(self.connection)

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

    @cached_property
    def retrieval_settings(self) -> RetrievalSettingsStore:
        return RetrievalSettingsStore(self.connection)

    @cached_property
    def golden(self) -> Golden:
        return Golden(self.connection, self.cipher)

    @cached_property
    def evaluations(self) -> Evaluations:
        return Evaluations(self.connection)

    @cached_property
    def readers(self) -> ReadersOf:
        return ReadersOf(self.connection)

    @cached_property
    def sources(self) -> Sources:
        return Sources(self.connection, self.cipher)

    @cached_property
    def source_runs(self) -> SourceRuns:
        return SourceRuns(self.connection)


class Database:
    """`with db.begin() as tx:` is one transaction: committed at the end of the block, rolled back by an exception.

    `begin` raises Unavailable when the server does not answer.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self._cipher = cipher
        self.url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)  # for other clients
        self._engine = pool.engine(url, pool_size)

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
