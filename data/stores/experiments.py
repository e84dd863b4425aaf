"""Experiments of the playground, their votes, and the presets that came of them; what people wrote is sealed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.people import Principal
from core.entities.playground import Configuration, Experiment, Preset, Score
from core.errors import Conflict, NotFound
from core.security import Cipher
from data.access import readable_documents
from data.stores.experiment_json import body_of, parts_of
from data.tables.corpora import chunks, collections, documents
from data.tables.people import users
from data.tables.playground import experiment_votes, experiments, presets


class Experiments:
    """An experiment is its owner's; one that is shared is readable for everybody who may use the playground."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # --- reading ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, experiment_id: UUID, *, own: bool = False, lock: bool = False) -> Experiment:
        """With the texts of the passages that `principal` may read now; `NotFound` for another's, unless shared."""
        visible = _own(principal) if own else or_(_own(principal), experiments.c.shared)
        query = _query().where(experiments.c.id == experiment_id, visible)
        row = self._connection.execute(query.with_for_update(of=experiments) if lock else query).one_or_none()
        if row is None:
            raise NotFound
        return self._with_texts(principal, self._experiment(row))

    def saved(self, principal: Principal, *, limit: int) -> list[Experiment]:
        """Saved ones, own and shared, newest first, without the texts of passages."""
        saved = _query().where(experiments.c.saved, or_(_own(principal), experiments.c.shared))
        rows = self._connection.execute(saved.order_by(experiments.c.updated_at.desc()).limit(limit))
        return [self._experiment(row) for row in rows]

    def _experiment(self, row: Row[Any]) -> Experiment:
        return Experiment(
            id=row.id,
            owner_id=row.owner_id,
            owner=row.owner,
            title=self._cipher.open(row.title_sealed),
            shared=row.shared,
            created_at=row.created_at,
            updated_at=row.updated_at,
            **parts_of(json.loads(self._cipher.open(row.body_sealed))),
        )

    def _with_texts(self, principal: Principal, experiment: Experiment) -> Experiment:
        texts = self._texts(principal, [source.chunk_id for source in experiment.sources])
        sources = (replace(source, text=texts.get(source.chunk_id, "")) for source in experiment.sources)
        return replace(experiment, sources=tuple(sources))

    def _texts(self, principal: Principal, ids: Collection[UUID]) -> Mapping[UUID, str]:
        # Not kept with the experiment: so a deleted document is gone from here too.
        joined = chunks.join(documents, documents.c.id == chunks.c.document_id).join(
            collections, collections.c.id == documents.c.collection_id
        )
        query = select(chunks.c.id, chunks.c.text).select_from(joined)
        found = self._connection.execute(query.where(chunks.c.id.in_(ids), readable_documents(principal)))
        return {row.id: row.text for row in found}

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(self, owner_id: UUID, experiment_id: UUID, body: Experiment) -> None:
        row = {"id": experiment_id, "owner_id": owner_id, "title_sealed": self._cipher.seal(body.title)}
        self._connection.execute(insert(experiments).values(**row, body_sealed=self._seal(body)))

    def keep(self, experiment: Experiment) -> None:
        """What was asked and answered; the name and the sharing stay as they are."""
        self._set(experiment.id, body_sealed=self._seal(experiment))

    def name(self, experiment_id: UUID, title: str) -> None:
        self._set(experiment_id, title_sealed=self._cipher.seal(title), saved=True)

    def share(self, experiment_id: UUID, shared: bool) -> None:
        self._set(experiment_id, shared=shared)

    def delete(self, experiment_id: UUID) -> None:
        self._connection.execute(delete(experiments).where(experiments.c.id == experiment_id))

    def prune(self, older_than: timedelta) -> int:
        """Deletes what nobody gave a name."""
        old = experiments.c.updated_at < func.now() - older_than
        return self._connection.execute(delete(experiments).where(~experiments.c.saved, old)).rowcount

    def _set(self, experiment_id: UUID, **values: Any) -> None:
        self._connection.execute(
            update(experiments).where(experiments.c.id == experiment_id).values(**values, updated_at=func.now())
        )

    def _seal(self, experiment: Experiment) -> bytes:
        return self._cipher.seal(json.dumps(body_of(experiment), ensure_ascii=False))

    # --- votes ------------------------------------------------------------------------------------------------------

    def vote(self, experiment_id: UUID, voter_id: UUID, shown: Sequence[tuple[str, str]], winner: int) -> None:
        """`shown` are (provider, model) of the columns; `Conflict` when this person has voted here."""
        rows = [
            {"experiment_id": experiment_id, "voter_id": voter_id, "lane": lane, "provider": provider, "model": model,
             "won": lane == winner}
            for lane, (provider, model) in enumerate(shown)
        ]  # fmt: skip
        statement = upsert(experiment_votes).values(rows).on_conflict_do_nothing().returning(experiment_votes.c.lane)
        if not self._connection.execute(statement).all():
            raise Conflict("You have voted on this comparison already.")

    def voted(self, experiment_id: UUID, voter_id: UUID) -> int | None:
        """The column this person voted for."""
        mine = experiment_votes.c.experiment_id == experiment_id, experiment_votes.c.voter_id == voter_id
        query = select(experiment_votes.c.lane).where(*mine, experiment_votes.c.won)
        return self._connection.execute(query).scalar_one_or_none()

    def scores(self) -> list[Score]:
        won = func.count().filter(experiment_votes.c.won)
        query = select(experiment_votes.c.provider, experiment_votes.c.model, won.label("won"), func.count().label("n"))
        grouped = query.group_by(experiment_votes.c.provider, experiment_votes.c.model)
        rows = self._connection.execute(grouped.order_by(won.desc(), func.count()))
        return [Score(row.provider, row.model, row.won, row.n) for row in rows]

    # --- presets ----------------------------------------------------------------------------------------------------

    def promote(self, name: str, configuration: Configuration, created_by: UUID) -> UUID:
        """`Conflict` when the name is taken."""
        values = {
            "name": name,
            "provider": configuration.provider or "",
            "model": configuration.model or "",
            "params": dict(configuration.params),
            "instructions_sealed": self._cipher.seal(configuration.instructions),
            "retrieval": configuration.retrieval,
            "created_by": created_by,
        }
        statement = upsert(presets).values(**values).on_conflict_do_nothing().returning(presets.c.id)
        made: UUID | None = self._connection.execute(statement).scalar_one_or_none()
        if made is None:
            raise Conflict("There is a preset of this name already. Choose another name.")
        return made

    def presets(self) -> list[Preset]:
        author = func.coalesce(users.c.name, "").label("author")
        query = select(presets, author).join_from(presets, users, users.c.id == presets.c.created_by, isouter=True)
        return [self._preset(row) for row in self._connection.execute(query.order_by(presets.c.name))]

    def _preset(self, row: Row[Any]) -> Preset:
        instructions = self._cipher.open(row.instructions_sealed)
        made = Configuration(row.provider or None, row.model or None, row.params, instructions, row.retrieval)
        return Preset(row.id, row.name, made, row.author, row.created_at, row.created_by)

    def drop_preset(self, preset_id: UUID) -> None:
        if not self._connection.execute(delete(presets).where(presets.c.id == preset_id)).rowcount:
            raise NotFound


def _query() -> Select[Any]:
    return select(experiments, users.c.name.label("owner")).join_from(experiments, users)


def _own(principal: Principal) -> ColumnElement[bool]:
    return experiments.c.owner_id == principal.user_id
