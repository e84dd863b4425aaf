"""What the model is told: the shipped words until administrators write their own, by role and scenario, in versions."""

from __future__ import annotations

import pytest

from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from data.database import Database
from services.chat.prompts import LONGEST, Prompts
from tests.services.conversing import Talks


@pytest.fixture
def prompts(db: Database) -> Prompts:
    return Prompts(db)


@pytest.fixture
def talks(db: Database) -> Talks:
    return Talks(db)


def test_a_roles_own_go_before_everybodys_and_those_before_the_shipped_ones(prompts: Prompts, talks: Talks) -> None:
    root = talks.person("root@x.com", role=Role.ADMIN)
    assert (prompts.instructions(Role.SALES, "FAQ").body, prompts.instructions(Role.SALES, "FAQ").version) == ("", 0)
    everybody = prompts.save(root, None, "faq", "Be brief.")
    sales = prompts.save(root, Role.SALES, "FAQ", " Be kind. ", "after a complaint")
    assert prompts.instructions(Role.ANALYST, "FAQ") == everybody
    assert (prompts.instructions(Role.SALES, "FAQ").body, sales.version > everybody.version) == ("Be kind.", True)
    assert prompts.instructions(Role.SALES, "DOCUMENTS").version == 0
    prompts.save(root, Role.SALES, "FAQ", "")
    assert prompts.instructions(Role.SALES, "FAQ") == everybody
    assert prompts.shipped("FAQ")


def test_an_earlier_state_comes_back_with_one_call(prompts: Prompts, talks: Talks) -> None:
    root = talks.person("root@x.com", role=Role.ADMIN)
    first = prompts.save(root, Role.SALES, "FAQ", "Be kind.")
    prompts.save(root, Role.SALES, "FAQ", "Be rude.")
    prompts.restore(root, first.version)
    assert prompts.instructions(Role.SALES, "FAQ").body == "Be kind."
    assert [one.body for one in prompts.history(root, Role.SALES, "FAQ")] == ["Be kind.", "Be rude.", "Be kind."]
    assert talks.actions() == ["instructions.saved"] * 3


def test_only_administrators_write_them_and_within_bounds(prompts: Prompts, talks: Talks) -> None:
    root = talks.person("root@x.com", role=Role.ADMIN)
    for attempt in (
        lambda: prompts.save(talks.ann, None, "FAQ", "Be rude."),
        lambda: prompts.history(talks.ann, None, "FAQ"),
        lambda: prompts.restore(talks.ann, 1),
    ):
        with pytest.raises(Forbidden):
            attempt()
    with pytest.raises(BadInput):
        prompts.save(root, None, "POETRY", "Rhyme.")
    with pytest.raises(BadInput):
        prompts.save(root, None, "FAQ", "x" * (LONGEST + 1))
    with pytest.raises(NotFound):
        prompts.restore(root, 7)
