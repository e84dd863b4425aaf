"""Sources besides upload: registering, trying out, running and removing them, and the hosts that they may reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypedDict
from uuid import UUID

from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.sources import Host, RunMode, Sample, Source, SourceKind, SourceRun
from core.errors import BadInput, Conflict, Forbidden
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from rag.sources import KINDS, Config, Limits, checked, clean_host
from services.corpora.collections import Collections
from services.sources.refresh import SourceRefresh
from services.sources.samples import sample

SHORTEST, LONGEST = 1, 60 * 24 * 366  # minutes between two runs
_LONGEST_NAME = 100
_SAMPLES = 5
_TRYING = Limits(seconds=20)
_AT_ONCE = 20  # sources that become due together


class SourceChanges(TypedDict, total=False):
    """What is left out stays. `config` is whole but for credentials: those left out, or given as their sign, stay;
    `interval_minutes` None: by hand only."""

    name: str
    config: Mapping[str, Any]
    interval_minutes: int | None


class Sources:
    """Who looks after corpora sees the sources of a collection; administrators change them, and see no credential."""

    def __init__(self, db: Database, collections: Collections, refresh: SourceRefresh) -> None:
        self._db = db
        self._collections = collections
        self._refresh = refresh

    # --- looking ----------------------------------------------------------------------------------------------------

    def list(self, principal: Principal, collection: str) -> Sequence[Source]:
        """By name, with their last runs."""
        _require(principal, Permission.CORPORA_READ)
        with self._db.begin() as tx:
            found = tx.sources.of_collection(self._collections.find(tx, principal, collection).id)
            runs = tx.source_runs.latest([source.id for source in found])
        return [replace(source, last_run=runs.get(source.id)) for source in found]

    def get(self, principal: Principal, source_id: UUID) -> Source:
        _require(principal, Permission.CORPORA_READ)
        with self._db.begin() as tx:
            source, _ = self._find(tx, principal, source_id)
            return replace(source, last_run=tx.source_runs.latest([source_id]).get(source_id))

    def settings(self, principal: Principal, source: Source) -> Mapping[str, Any]:
        """What administrators see of its configuration: a sign in place of each credential."""
        _require(principal, Permission.CORPORA_MANAGE)
        return KINDS[source.kind].config.model_validate(source.config).shown()

    def runs(self, principal: Principal, source_id: UUID, limit: int = 20) -> Sequence[SourceRun]:
        """The ledger, newest first."""
        _require(principal, Permission.CORPORA_READ)
        with self._db.begin() as tx:
            self._find(tx, principal, source_id)
            return tx.source_runs.of_source(source_id, min(max(limit, 1), 200))

    def run(self, principal: Principal, run_id: UUID) -> SourceRun:
        _require(principal, Permission.CORPORA_READ)
        with self._db.begin() as tx:
            found = tx.source_runs.get(run_id)
            self._find(tx, principal, found.source_id)
            return found

    def _find(
        self, tx: Stores, principal: Principal, source_id: UUID, *, lock: bool = False
    ) -> tuple[Source, Collection]:
        """`NotFound` also where its collection is not readable; `lock` keeps others from changing or deleting it."""
        source = tx.sources.get(source_id, lock=lock)
        collection = tx.collections.readable_by_id(principal, source.collection_id)
        return source, collection

    # --- changing ---------------------------------------------------------------------------------------------------

    def create(
        self,
        principal: Principal,
        collection: str,
        kind: SourceKind,
        name: str,
        config: Mapping[str, Any],
        interval_minutes: int | None = None,
    ) -> Source:
        """Registers a source; with an interval its first run comes at once. Raises BadInput, Conflict."""
        _require(principal, Permission.CORPORA_MANAGE)
        name, settings = _clean_name(name), self._checked(kind, config)
        _check_interval(interval_minutes)
        with self._db.begin() as tx:
            target = self._collections.find(tx, principal, collection)
            values = settings.revealed(), interval_minutes, principal.user_id
            source_id = tx.sources.add(target.id, kind, name, *values)
            tx.audit.write(
                principal, "source.create", "source", source_id, name=name, kind=kind.value, collection=target.name
            )
            if interval_minutes:
                self._start(tx, source_id, principal.user_id)
            return tx.sources.get(source_id)

    def update(self, principal: Principal, source_id: UUID, changes: SourceChanges) -> Source:
        """Where the configuration changes, the next run looks into every record. Raises BadInput, Conflict."""
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            self._find(tx, principal, source_id)
            before = tx.sources.get(source_id, lock=True)
            name = _clean_name(changes.get("name", before.name))
            minutes = changes.get("interval_minutes", before.interval_minutes)
            _check_interval(minutes)
            config = before.config
            if "config" in changes:
                config = self._checked(before.kind, changes["config"], before.config).revealed()
            tx.sources.change(source_id, name, config, minutes)
            if minutes != before.interval_minutes:
                tx.sources.schedule(source_id)
            if config != before.config:
                tx.source_runs.forget_stamps(source_id)
            tx.audit.write(principal, "source.update", "source", source_id, name=name, fields=sorted(changes))
            return tx.sources.get(source_id)

    def delete(self, principal: Principal, source_id: UUID, *, documents: bool) -> UUID | None:
        """Removes the source; with `documents` a run removes those that came with it first, and its id is returned."""
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            source, _ = self._find(tx, principal, source_id, lock=True)
            run = self._start(tx, source_id, principal.user_id, "removal", confirmed=True) if documents else None
            if run is None:
                tx.sources.delete(source_id)
            tx.audit.write(principal, "source.delete", "source", source_id, name=source.name, documents_too=documents)
        return run

    def _checked(self, kind: SourceKind, config: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Config:
        return checked(KINDS[kind].config, config, before)

    # --- trying and running -----------------------------------------------------------------------------------------

    def preview(
        self, principal: Principal, kind: SourceKind, config: Mapping[str, Any], source_id: UUID | None = None
    ) -> Sequence[Sample]:
        """The first records that the source would give; nothing is stored. `source_id`: whose credentials are meant
        where they are left out. Raises SourceFailed, BadInput."""
        _require(principal, Permission.CORPORA_MANAGE)
        before = self.get(principal, source_id).config if source_id else None
        settings = self._checked(kind, config, before)
        records = KINDS[kind].read(settings, self._refresh.surroundings(_TRYING))
        return [sample(record) for record in islice(records, _SAMPLES)]

    def start(self, principal: Principal, source_id: UUID, *, confirmed: bool = False) -> UUID:
        """Runs it now; `confirmed`: also when most of its records have vanished. `Conflict` while it runs already."""
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            source, _ = self._find(tx, principal, source_id, lock=True)
            run_id = self._start(tx, source_id, principal.user_id, confirmed=confirmed)
            tx.audit.write(principal, "source.run", "source", source_id, name=source.name, confirmed=confirmed)
        return run_id

    def cancel(self, principal: Principal, run_id: UUID) -> None:
        """Ends a run that waits or is at work; what it has taken in stays. `Conflict` when it had ended."""
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            run = tx.source_runs.get(run_id)
            source, _ = self._find(tx, principal, run.source_id)
            if not tx.source_runs.cancel(run_id):
                raise Conflict("This run has ended already.")
            tx.audit.write(principal, "source.cancel", "source", source.id, name=source.name)

    def start_due(self) -> int:
        """Starts the sources whose time has come, but for those that still run; returns how many. A run whose job was
        lost gets another."""
        started = 0
        with self._db.begin() as tx:
            for run_id, source_id in tx.source_runs.abandoned():
                _defer(tx, run_id, source_id)
            for source_id in tx.sources.due(_AT_ONCE):
                if tx.source_runs.active(source_id):
                    tx.sources.schedule(source_id)
                else:
                    self._start(tx, source_id, None)
                    started += 1
        return started

    def _start(
        self, tx: Stores, source_id: UUID, by: UUID | None, mode: RunMode = "refresh", *, confirmed: bool = False
    ) -> UUID:
        run_id = tx.source_runs.start(source_id, by, mode, confirmed=confirmed)
        tx.sources.schedule(source_id)
        _defer(tx, run_id, source_id)
        return run_id

    # --- hosts ------------------------------------------------------------------------------------------------------

    def hosts(self, principal: Principal) -> Sequence[Host]:
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            return tx.sources.hosts()

    def allow(self, principal: Principal, host: str, *, private: bool = False) -> Host:
        """Lets sources reach a host; `private`: also where its address is one of our own network's."""
        _require(principal, Permission.SYSTEM)
        allowed = Host(clean_host(host), private, principal.email)
        with self._db.begin() as tx:
            tx.sources.allow(allowed)
            tx.audit.write(principal, "source.host_allowed", "host", allowed.host, private=private)
        return allowed

    def forbid(self, principal: Principal, host: str) -> None:
        """Acts at the next connection of whatever source."""
        _require(principal, Permission.SYSTEM)
        with self._db.begin() as tx:
            tx.sources.forbid(clean_host(host))
            tx.audit.write(principal, "source.host_forbidden", "host", clean_host(host))


def _defer(tx: Stores, run_id: UUID, source_id: UUID) -> None:
    tx.jobs.defer("refresh_source", queue="text", lock=f"source:{source_id}", run_id=run_id)


def _require(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise Forbidden


def _clean_name(text: str) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise BadInput("Give the source a name of at most %(limit)s characters.", limit=_LONGEST_NAME)
    return name


def _check_interval(minutes: int | None) -> None:
    if minutes is not None and not SHORTEST <= minutes <= LONGEST:
        raise BadInput("A source is read every %(least)s to %(most)s minutes.", least=SHORTEST, most=LONGEST)
