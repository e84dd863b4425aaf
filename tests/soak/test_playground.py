"""Twenty people with four columns each: every column of every person gets its whole answer, and gets it in time."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from tests.browser.conftest import Product, running
from tests.servers.serve import apart

pytestmark = pytest.mark.soak

PEOPLE, ROUNDS = 20, 3
PIECES, PAUSE = 60, 0.05  # 20 tokens a second for three seconds
COLUMNS = [
    {"provider": name, "retrieval": False, "params": {"temperature": 0.1 * n}}
    for n, name in enumerate(("ollama", "openai", "gemini", "openai_compatible"))
]
PASSWORD = "correct horse battery"
_STAMP = re.compile(r"T(\d{13}) ")
_WORDS = "".join(f"word{n} " for n in range(PIECES)).strip()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, exported_model: Path) -> Iterator[Product]:
    var = tmp_path_factory.mktemp("crowded") / "var"
    var.mkdir()
    (var / "models").symlink_to(exported_model)
    with apart(PIECES, PAUSE) as servers, pytest.MonkeyPatch.context() as environment:
        for name, value in servers.items():
            environment.setenv(name, value)
        with running(var) as product:
            yield product


def tokens(product: Product) -> list[str]:
    """Access tokens of as many analysts."""
    with httpx.Client(base_url=f"{product.url}/api", timeout=60) as api:
        api.headers["Authorization"] = f"Bearer {_token(api, *product.credentials())}"
        emails = [f"analyst{n}@example.com" for n in range(PEOPLE)]
        for email in emails:
            body = {"email": email, "name": email, "role": "analyst", "password": PASSWORD}
            assert api.post("/users", json=body).status_code == 201
        return [_token(api, email, PASSWORD) for email in emails]


def _token(api: httpx.Client, email: str, password: str) -> str:
    answer = api.post("/auth/token", data={"username": email, "password": password})
    return str(answer.json()["access_token"])


async def compare(api: httpx.AsyncClient, token: str, question: str) -> tuple[list[float], float, dict[str, Any]]:
    """How late each first token was, in seconds after its server sent it; how long all took; the experiment."""
    body = {"message": question, "configurations": COLUMNS}
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    late: dict[int, float] = {}
    done: dict[str, Any] = {}
    started = time.monotonic()
    async with api.stream("POST", "/compare", json=body, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            if not line.startswith("data: "):
                continue
            told = json.loads(line.removeprefix("data: "))
            if "text" in told and told["column"] not in late and (stamp := _STAMP.match(told["text"])):
                late[told["column"]] = time.time() - int(stamp[1]) / 1000
            if "columns" in told:
                done = told
    return list(late.values()), time.monotonic() - started, done


async def everybody(product: Product, who: list[str]) -> list[tuple[list[float], float, dict[str, Any]]]:
    limits = httpx.Limits(max_connections=PEOPLE)
    async with httpx.AsyncClient(base_url=f"{product.url}/api", timeout=120, limits=limits) as api:
        found = []
        for turn in range(ROUNDS):
            asked = [compare(api, token, f"Question {turn} of person {n}?") for n, token in enumerate(who)]
            found += await asyncio.gather(*asked)
        return found


def test_four_columns_take_hardly_longer_than_the_slowest_alone(crowded: Product) -> None:
    with httpx.Client(base_url=f"{crowded.url}/api", timeout=120) as api:
        api.headers["Authorization"] = f"Bearer {_token(api, *crowded.credentials())}"
        _took(api, COLUMNS)  # imports the vendors' libraries
        rounds = range(ROUNDS)
        alone = max(median(_took(api, [column]) for _ in rounds) for column in COLUMNS)
        together = median(_took(api, COLUMNS) for _ in rounds)
    figures = f"slowest alone {alone:.2f} s, four together {together:.2f} s: x {together / alone:.3f}"
    print(f"\n{figures}")  # noqa: T201 - the figures of the soak
    assert together <= alone * 1.15, figures


def _took(api: httpx.Client, columns: list[dict[str, Any]]) -> float:
    began = time.monotonic()
    answer = api.post("/compare", json={"message": "How long?", "configurations": columns}).raise_for_status().json()
    assert [one["attempts"][0]["status"] for one in answer["columns"]] == ["done"] * len(columns)
    return time.monotonic() - began


def test_twenty_people_with_four_columns_each_get_every_answer(crowded: Product) -> None:
    who = tokens(crowded)
    asyncio.run(everybody(crowded, who[:1]))  # imports the vendors' libraries
    found = asyncio.run(everybody(crowded, who))
    asked = {f"Question {turn} of person {n}?" for turn in range(ROUNDS) for n in range(PEOPLE)}
    assert {done["question"] for _, _, done in found} == asked
    for _, _, done in found:
        for column in done["columns"]:
            (attempt,) = column["attempts"]
            assert (attempt["status"], attempt["error"]) == ("done", "")
            assert _STAMP.sub("", attempt["text"]).strip() == _WORDS
            assert attempt["provider"] == column["provider"]
    late = sorted(one for lates, _, _ in found for one in lates)
    assert len(late) == len(COLUMNS) * len(found)
    took = sorted(seconds for _, seconds, _ in found)
    print(  # noqa: T201 - the figures of the soak
        f"\n{len(late)} columns: first token p50 {late[len(late) // 2] * 1000:.0f} ms, "
        f"p95 {late[int(0.95 * len(late))] * 1000:.0f} ms after its server sent it; a comparison of "
        f"{PIECES * PAUSE:.1f} s p50 {took[len(took) // 2]:.2f} s, p95 {took[int(0.95 * len(took))]:.2f} s"
    )
    assert late[int(0.95 * len(late))] <= 0.5
