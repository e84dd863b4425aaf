"""Prompt templates: places, versions, one's own and shared ones."""

from __future__ import annotations

import pytest

from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from data.database import Database
from services.chat.templates import Templates, fill, places
from tests.services.conversing import Talks

BODY = "Write an offer for {{ client }} about {{niche}}; greet {{client}}."


@pytest.fixture
def templates(db: Database) -> Templates:
    return Templates(db)


@pytest.fixture
def talks(db: Database) -> Talks:
    return Talks(db)


def test_places_are_named_once_in_their_order_and_filled_everywhere() -> None:
    assert places(BODY) == ("client", "niche")
    assert places("{{Ниша}} {not} {{}}") == ("Ниша",)
    assert fill(BODY, {"client": " Oak ", "niche": "tea"}) == "Write an offer for Oak about tea; greet Oak."
    assert fill(BODY, {"client": "{{niche}}", "niche": "t"}) == "Write an offer for {{niche}} about t; greet {{niche}}."
    with pytest.raises(BadInput, match="niche"):
        fill(BODY, {"client": "Oak", "niche": " "})


def test_a_change_is_a_new_version_and_an_old_one_comes_back(templates: Templates, talks: Talks) -> None:
    made = templates.create(talks.ann, " An  offer ", BODY)
    assert (made.title, made.version) == ("An offer", 1)
    assert templates.change(talks.ann, made.id, "An offer", BODY).version == 1
    changed = templates.change(talks.ann, made.id, "An offer", "Offer {{niche}}.")
    assert (changed.version, changed.body) == (2, "Offer {{niche}}.")
    restored = templates.restore(talks.ann, made.id, 1)
    assert (restored.version, restored.body) == (3, BODY)
    assert [one.version for one in templates.history(talks.ann, made.id)] == [3, 2, 1]


def test_ones_own_are_ones_own_and_shared_ones_are_of_a_role(templates: Templates, talks: Talks) -> None:
    root, analyst = talks.person("root@x.com", role=Role.ADMIN), talks.person("an@x.com", role=Role.ANALYST)
    own = templates.create(talks.ann, "Mine", BODY)
    everybody = templates.create(root, "For all", BODY, shared=True)
    analysts = templates.create(root, "For analysts", BODY, shared=True, roles=[Role.ANALYST])
    usable = {who.email: [one.title for one in templates.usable(who)] for who in (talks.ann, talks.bob, analyst, root)}
    assert usable == {
        "ann@example.com": ["Mine", "For all"],
        "bob@example.com": ["For all"],
        "an@x.com": ["For all", "For analysts"],
        "root@x.com": ["For all", "For analysts"],
    }
    with pytest.raises(NotFound):
        templates.change(talks.bob, own.id, "Mine", BODY)
    with pytest.raises(NotFound):
        templates.history(talks.ann, analysts.id)
    with pytest.raises(Forbidden):
        templates.change(talks.ann, everybody.id, "Mine now", BODY)
    with pytest.raises(Forbidden):
        templates.create(talks.ann, "For all", BODY, shared=True)
    templates.delete(root, everybody.id)
    assert talks.actions() == ["template.shared", "template.shared", "template.deleted"]


@pytest.mark.parametrize(("title", "body"), [("", BODY), ("Offer", " \n"), ("x" * 81, BODY), ("Offer", "x" * 4001)])
def test_a_template_needs_a_name_and_a_text_of_bounded_length(
    templates: Templates, talks: Talks, title: str, body: str
) -> None:
    with pytest.raises(BadInput):
        templates.create(talks.ann, title, body)


def test_texts_are_sealed(templates: Templates, talks: Talks, db: Database) -> None:
    templates.create(talks.ann, "Oakline", "Oakline")
    with db.begin() as tx:
        rows = tx.connection.exec_driver_sql("SELECT v::text FROM prompt_template_versions v").scalars().all()
    assert rows
    assert not any("Oakline" in row or b"Oakline".hex() in row for row in rows)
