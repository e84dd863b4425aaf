"""What administrators set about model servers, models and roles; access keys are sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.playground import ModelRule, RoleModel, ServerSettings
from core.errors import NotFound
from core.roles import Role
from core.security import Cipher
from data.tables.playground import model_rules, model_servers, role_models


class ModelSettings:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def servers(self) -> list[ServerSettings]:
        rows = self._connection.execute(select(model_servers))
        return [ServerSettings(row.provider, row.address, row.model, self._cipher.open(row.key_sealed)) for row in rows]

    def put_server(self, server: ServerSettings) -> None:
        values = {"key_sealed": self._cipher.seal(server.key), "address": server.address, "model": server.model}
        self._put(model_servers, {"provider": server.provider}, values | {"updated_at": func.now()})

    def rules(self) -> list[ModelRule]:
        rows = self._connection.execute(select(model_rules).order_by(model_rules.c.provider, model_rules.c.model))
        return [
            ModelRule(
                row.provider, row.model, row.input_price, row.output_price,
                None if row.roles is None else tuple(Role(role) for role in row.roles),
            )
            for row in rows
        ]  # fmt: skip

    def put_rule(self, rule: ModelRule) -> None:
        roles = None if rule.roles is None else [role.value for role in rule.roles]
        values = {"input_price": rule.input_price, "output_price": rule.output_price, "roles": roles}
        self._put(model_rules, {"provider": rule.provider, "model": rule.model}, values)

    def drop_rule(self, provider: str, model: str) -> None:
        """Raises `NotFound`."""
        named = model_rules.c.provider == provider, model_rules.c.model == model
        if not self._connection.execute(delete(model_rules).where(*named)).rowcount:
            raise NotFound

    def role_models(self) -> list[RoleModel]:
        return [
            RoleModel(Role(row.role), row.provider, row.model) for row in self._connection.execute(select(role_models))
        ]

    def put_role_model(self, chosen: RoleModel) -> None:
        self._put(role_models, {"role": chosen.role.value}, {"provider": chosen.provider, "model": chosen.model})

    def drop_role_model(self, role: Role) -> None:
        self._connection.execute(delete(role_models).where(role_models.c.role == role.value))

    def _put(self, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
        statement = insert(table).values(**key, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
