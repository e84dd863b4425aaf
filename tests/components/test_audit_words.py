"""What the audit log says to people: words instead of codes, ids and signs of the program."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from uuid import uuid4

from components import audit_words
from components.audit_words import _ACTIONS
from core.entities.people import AuditEntry
from core.settings import ROOT

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def entry(object_type: str = "", object_id: str = "", **detail: object) -> AuditEntry:
    return AuditEntry(NOW, None, "system", "x", object_type, object_id, detail, "")


def test_every_action_that_is_written_has_words() -> None:
    written = set()
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit.write")):
                continue
            written |= {str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant)}
    assert len(written) > 50
    assert sorted(written - set(_ACTIONS)) == []


def test_details_are_words_without_ids_and_without_what_was_not_the_case() -> None:
    said = audit_words.detail(
        entry("user", str(uuid4()), role="analyst", demo=False, email="a@b.c", experiment=str(uuid4()))
    )
    assert said == "e-mail: a@b.c, role: Analyst"  # what names the object first: a narrow column cuts off the rest


def test_a_change_shows_before_and_after() -> None:
    changes = {"role": ["sales", "analyst"], "status": ["pending", "active"], "active_until": [None, "2026-05-01"]}
    said = audit_words.detail(entry("user", str(uuid4()), changes=changes))
    assert said == "role: Sales → Analyst, status: waits for approval → active, until: – → 2026-05-01"


def test_what_was_changed_is_named_and_a_list_stays_a_list() -> None:
    said = audit_words.detail(
        entry("model", "openai/gpt-4o", roles=["sales", "analyst"], input_price=None, output_price=2.5)
    )
    assert said == "openai/gpt-4o, roles: Sales, Analyst, output price: 2.5"
    assert audit_words.actor("system") == "the system"
