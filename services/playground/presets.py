"""Presets: configurations that won and that everybody can choose by name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.entities.people import Principal
from core.entities.playground import Preset
from core.errors import Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from services.playground.comparisons import allowed, title


class Presets:
    """To choose one is for everybody who asks documents; to make one for who may use the playground."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def promote(self, principal: Principal, experiment_id: UUID, lane: int, name: str) -> UUID:
        """Makes the column's configuration a preset that everybody can choose."""
        user_id, named = allowed(principal), title(name)
        with self._db.begin() as tx:
            experiment = tx.experiments.find(principal, experiment_id)
            if not 0 <= lane < len(experiment.lanes):
                raise NotFound
            preset_id = tx.experiments.promote(named, experiment.lanes[lane].configuration, user_id)
            tx.audit.write(principal, "preset.promote", "preset", preset_id, name=named, experiment=str(experiment_id))
        return preset_id

    def drop(self, principal: Principal, preset_id: UUID) -> None:
        """For who made it, and for administrators; conversations that used it keep their answers."""
        user_id = allowed(principal)
        with self._db.begin() as tx:
            found = next((one for one in tx.experiments.presets() if one.id == preset_id), None)
            if found is None:
                raise NotFound
            if found.owner_id != user_id and not principal.may(Permission.SYSTEM):
                raise Forbidden
            tx.experiments.drop_preset(preset_id)
            tx.audit.write(principal, "preset.delete", "preset", preset_id, name=found.name)

    def list(self, principal: Principal) -> Sequence[Preset]:
        if not principal.may(Permission.CHAT_DOCUMENTS):
            raise Forbidden
        with self._db.begin() as tx:
            return tx.experiments.presets()
