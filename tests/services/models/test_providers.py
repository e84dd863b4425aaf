"""Model servers as administrators see and set them; keys are never shown, and roles keep to their models."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict

import pytest
from sqlalchemy import text

from core.entities.people import Principal
from core.entities.playground import Configuration, ModelRule
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Role
from core.settings import Settings
from services.chat.asking import Ask
from services.container import Services
from services.playground.comparisons import Comparison
from tests.conftest import KEY
from tests.desk import Desk
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer
from tests.waiting import until

PLANTED = "sk-typed-by-an-administrator-91"


@pytest.fixture
def desk(build_services: Callable[[Settings], Services], served_settings: Settings) -> Desk:
    return Desk(build_services(served_settings))


def test_every_provider_is_listed_with_what_it_can_do(desk: Desk, openai: OpenAIServer) -> None:
    openai.script.models = ["gpt-4o"]
    listed = {one.name: one for one in desk.services.providers.list(desk.admin)}
    assert set(listed) == {"ollama", "openai", "gemini", "openai_compatible", "extractive"}
    assert (listed["openai"].models, listed["openai"].key_set, listed["openai"].error) == (("gpt-4o",), True, "")
    assert "temperature" in listed["gemini"].accepts
    assert all(one.latency_ms is not None for one in listed.values())


def test_one_that_is_away_says_so_and_one_without_a_key_is_not_asked(
    build_services: Callable[[Settings], Services], settings: Settings
) -> None:
    desk = Desk(build_services(settings.model_copy(update={"ollama_url": "http://127.0.0.1:9"})))
    listed = {one.name: one for one in desk.services.providers.list(desk.admin)}
    assert "does not answer" in listed["ollama"].error
    assert (listed["openai"].configured, listed["openai"].error) == (False, "")


def test_a_key_is_used_at_once_sealed_at_rest_and_never_shown(
    desk: Desk, openai: OpenAIServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    providers = desk.services.providers
    openai.script.models.append("gpt-4o")
    providers.configure(desk.admin, "openai", openai.base_url, "gpt-4o", PLANTED)
    assert providers.test(desk.admin, "openai").text == "Hello, world."
    assert openai.script.keys[-1] == f"Bearer {PLANTED}"
    openai.script.reply(status=401, error=f"Incorrect API key: {PLANTED}")
    failed = providers.test(desk.admin, "openai")
    with desk.services.db.begin() as tx:
        rows = [str(row) for row in tx.connection.execute(text("SELECT * FROM model_servers"))]
    shown = [asdict(one) for one in providers.list(desk.admin)], asdict(failed), desk.services.audit.list(desk.admin)
    for place in (str(shown), caplog.text, "".join(rows)):
        assert PLANTED not in place
        assert KEY not in place


def test_leaving_the_key_keeps_it_and_clearing_it_falls_back_to_the_environment(
    desk: Desk, openai: OpenAIServer
) -> None:
    providers = desk.services.providers
    for key, used in ((PLANTED, PLANTED), (None, PLANTED), ("", KEY)):
        providers.configure(desk.admin, "openai", openai.base_url, "", key)
        providers.test(desk.admin, "openai")
        assert openai.script.keys[-1] == f"Bearer {used}"


def test_a_model_kept_for_others_is_refused_everywhere(desk: Desk) -> None:
    desk.services.providers.set_rule(desk.admin, ModelRule("ollama", "llama3.1:8b", roles=(Role.SALES,)))
    playground = desk.services.playground
    asked = playground.start(desk.analyst, Comparison("Hi", [Configuration("ollama", retrieval=False)], ""))
    playground.wait(asked, 10)
    (attempt,) = playground.state(desk.analyst, asked).lanes[0].attempts
    assert attempt.error == "Your role may not use the model llama3.1:8b. Choose another one."


def test_where_auto_is_kept_for_others_the_next_allowed_model_answers(
    build_services: Callable[[Settings], Services],
    served_settings: Settings,
    ollama: OllamaServer,
    openai: OpenAIServer,
) -> None:
    chain = served_settings.model_copy(update={"fallback": ("openai", "gemini", "extractive")})
    desk = Desk(build_services(chain))
    openai_model, gemini_model = chain.openai_model, chain.gemini_model
    desk.services.providers.set_rule(desk.admin, ModelRule("ollama", "llama3.1:8b", roles=(Role.ANALYST,)))
    desk.services.providers.set_rule(desk.admin, ModelRule("openai", openai_model, roles=(Role.ANALYST,)))

    def answers(who: Principal, provider: str | None = None) -> tuple[str, str]:
        started = desk.services.turns.start(who, Ask("How many days?", provider=provider, retrieval=False))
        *_, last = desk.services.turns.follow(who, started.message_id)
        if last.error is not None:
            raise last.error
        assert last.message
        return last.message.provider, last.message.model

    assert answers(desk.analyst)[0] == "ollama"
    assert answers(desk.sales) == answers(desk.sales, "auto") == ("gemini", gemini_model)
    with pytest.raises(Forbidden):
        answers(desk.sales, "ollama")
    desk.services.providers.set_role_model(desk.admin, Role.SALES, "openai", openai_model)
    assert answers(desk.sales)[0] == "gemini"
    for name, model in (("gemini", gemini_model), ("extractive", "extractive")):
        desk.services.providers.set_rule(desk.admin, ModelRule(name, model, roles=(Role.ANALYST,)))
    with pytest.raises(Forbidden):
        answers(desk.sales)


def test_a_role_has_a_model_of_its_own(desk: Desk) -> None:
    providers, playground = desk.services.providers, desk.services.playground
    providers.set_role_model(desk.admin, Role.ANALYST, "gemini")
    asked = playground.start(desk.analyst, Comparison("Hi", [Configuration(retrieval=False)], ""))
    playground.wait(asked, 10)
    assert playground.state(desk.analyst, asked).lanes[0].attempts[0].provider == "gemini"
    providers.set_role_model(desk.admin, Role.ANALYST, "")
    assert providers.role_models(desk.admin) == []


def test_a_model_is_pulled_with_progress_and_a_wrong_name_is_said(desk: Desk, ollama: OllamaServer) -> None:
    providers = desk.services.providers
    providers.pull(desk.admin, "qwen3:4b")
    providers.pull(desk.admin, "nothing:1b")
    until(lambda: all(one.ended for one in providers.pulls(desk.admin)))
    good, bad = providers.pulls(desk.admin)
    assert (good.error, "qwen3:4b" in ollama.script.models) == ("", True)
    assert "nothing:1b" in bad.error
    ollama.script.pull_seconds = 60
    providers.pull(desk.admin, "qwen3:4b")
    with pytest.raises(Conflict):
        providers.pull(desk.admin, "qwen3:4b")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://", "http://user:password@host"])
def test_an_address_that_is_none_is_refused(desk: Desk, address: str) -> None:
    with pytest.raises(BadInput, match="address"):
        desk.services.providers.configure(desk.admin, "openai", address, "", None)


def test_a_page_sees_what_was_said_last_and_never_waits_for_a_server_that_hangs(
    desk: Desk, ollama: OllamaServer, openai: OpenAIServer
) -> None:
    providers = desk.services.providers
    seen = {one.name: one for one in providers.look(desk.admin, seconds=10)}
    assert ("llama3.1:8b" in seen["ollama"].models, seen["ollama"].checking) == (True, False)
    asked = len(ollama.script.asked("/api/tags"))
    again = {one.name: one for one in providers.look(desk.admin)}
    assert (again["ollama"].models, len(ollama.script.asked("/api/tags"))) == (seen["ollama"].models, asked)
    providers.look(desk.admin, anew=True, seconds=10)
    assert len(ollama.script.asked("/api/tags")) == asked + 1


def test_models_that_are_kept_for_others_are_not_offered_and_do_not_stand_in(
    build_services: Callable[[Settings], Services], served_settings: Settings
) -> None:
    away = {"provider": "ollama", "ollama_url": "http://127.0.0.1:9", "fallback": ("openai", "extractive")}
    desk = Desk(build_services(served_settings.model_copy(update=away)))
    providers = desk.services.providers
    providers.set_rule(desk.admin, ModelRule("openai", "gpt-4o-mini", roles=(Role.SALES,)))
    seen = {one.name: one for one in providers.look(desk.analyst, seconds=10)}
    assert "gpt-4o-mini" not in seen["openai"].models
    running = desk.services.playground.start(desk.analyst, Comparison("How many days?", [Configuration()], ""))
    assert desk.services.playground.wait(running, 20)
    (attempt,) = desk.services.playground.state(desk.analyst, running).lanes[0].attempts
    assert attempt.provider != "openai"
    providers.drop_rule(desk.admin, "openai", "gpt-4o-mini")
    assert providers.rules(desk.admin) == []
    with pytest.raises(NotFound):
        providers.drop_rule(desk.admin, "openai", "gpt-4o-mini")


def test_only_administrators_see_addresses_and_change_anything(desk: Desk) -> None:
    providers = desk.services.providers
    assert {one.address for one in providers.list(desk.analyst)} == {""}
    for call in (
        lambda: providers.configure(desk.analyst, "openai", "", "", None),
        lambda: providers.set_rule(desk.analyst, ModelRule("openai", "x")),
        lambda: providers.set_role_model(desk.analyst, Role.SALES, "openai"),
        lambda: providers.pull(desk.analyst, "x"),
        lambda: providers.test(desk.analyst, "openai"),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(Forbidden):
        providers.list(desk.guest)


def test_the_fallback_chain_answers_in_its_order_and_says_who_did(
    build_services: Callable[[Settings], Services], served_settings: Settings, openai: OpenAIServer
) -> None:
    away = {"provider": "ollama", "ollama_url": "http://127.0.0.1:9", "fallback": ("openai", "extractive")}
    desk = Desk(build_services(served_settings.model_copy(update=away)))
    playground = desk.services.playground
    asked = Comparison("Hi", [Configuration(retrieval=False), Configuration("ollama", retrieval=False)], "")
    experiment_id = playground.start(desk.analyst, asked)
    assert playground.wait(experiment_id, 20)
    chosen_by_product, chosen_by_name = (
        lane.attempts[0] for lane in playground.state(desk.analyst, experiment_id).lanes
    )
    assert (chosen_by_product.provider, chosen_by_product.text) == ("openai", "Hello, world.")
    assert (chosen_by_name.status, chosen_by_name.provider) == ("failed", "ollama")
