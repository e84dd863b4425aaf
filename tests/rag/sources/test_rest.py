from __future__ import annotations

from typing import Any

import pytest

from core.entities.sources import Broken, Host, Record
from core.errors import BadInput, SourceFailed
from rag.sources import Limits, Reach, Surroundings, checked
from rag.sources.rest import RestConfig, read
from tests.servers.articles import Answer, ArticleServer, Ask, data

KEY = "planted-7f3a"
ARTICLES = [
    {"id": n, "title": f"Article {n}", "text": f"Text of {n}.", "changed": f"2024-01-0{n}"} for n in range(1, 8)
]


def records(around: Surroundings, url: str, **values: Any) -> list[Record | Broken]:
    config = checked(RestConfig, {"url": url, "updated_path": "$.changed", **values})
    return list(read(config, around))


def keys(found: list[Record | Broken]) -> list[str]:
    return [one.key for one in found]


def test_a_record_is_a_text_with_its_title(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data({"data": {"items": ARTICLES[:2]}})
    first, second = records(around, server.url, records="$.data.items[*]")
    assert isinstance(first, Record)
    assert (first.key, first.filename, first.stamp, second.key) == ("1", "Article 1.txt", "2024-01-01", "2")
    with first.open() as stream:
        assert stream.read().decode() == "Article 1\n\nText of 1."


def _by_page(asked: Ask) -> Answer:
    start = (int(asked["p"]) - 1) * 3
    return data({"items": ARTICLES[start : start + 3]})


def _by_offset(asked: Ask) -> Answer:
    start = int(asked["start"])
    return data({"items": ARTICLES[start : start + 3]})


def _by_cursor(asked: Ask) -> Answer:
    start = int(asked.get("after", "0"))
    more = {"next": str(start + 3)} if start + 3 < len(ARTICLES) else {}
    return data({"items": ARTICLES[start : start + 3], **more})


def _by_link(asked: Ask) -> Answer:
    start = int(asked.get("n", "0"))
    more = {"Link": f'</?n={start + 3}>; rel="next"'} if start + 3 < len(ARTICLES) else {}
    return data({"items": ARTICLES[start : start + 3]}, **more)


def _by_address(asked: Ask) -> Answer:
    start = int(asked.get("n", "0"))
    return data({"items": ARTICLES[start : start + 3], "next": f"/?n={start + 3}" if start + 3 < 7 else None})


@pytest.mark.parametrize(
    ("route", "how", "pages"),
    [
        (_by_page, {"pagination": "page", "page_param": "p"}, 4),
        (_by_offset, {"pagination": "offset", "page_param": "start"}, 4),
        (_by_cursor, {"pagination": "cursor", "page_param": "after", "next_path": "$.next"}, 3),
        (_by_link, {"pagination": "link"}, 3),
        (_by_address, {"pagination": "link", "next_path": "$.next"}, 3),
    ],
)
def test_pages_follow_one_another_to_the_last(
    server: ArticleServer, around: Surroundings, route: Any, how: dict[str, str], pages: int
) -> None:
    server.routes["/"] = route
    found = records(around, server.url, records="$.items[*]", headers={"X-Key": KEY}, **how)
    assert keys(found) == [str(n) for n in range(1, 8)]
    assert len(server.asked) == pages
    assert {headers["x-key"] for _, _, headers in server.asked} == {KEY}


def test_pages_that_go_round_in_a_circle_are_given_up(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data({"items": ARTICLES, "next": "/"})
    with pytest.raises(SourceFailed, match="have no end"):
        records(around, f"{server.url}/", records="$.items[*]", pagination="link", next_path="$.next")


def test_an_endpoint_that_answers_every_page_alike_is_given_up(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data(ARTICLES)
    with pytest.raises(SourceFailed, match="have no end"):
        records(around, server.url, pagination="page")
    assert len(server.asked) == 2


def test_a_next_page_elsewhere_gets_no_credentials(server: ArticleServer, around: Surroundings) -> None:
    server.routes |= {
        "/": data({"items": ARTICLES[:1], "next": f"http://localhost:{server.port}/more"}),
        "/more": data({"items": ARTICLES[1:2]}),
    }
    wider = Surroundings(Reach([Host("127.0.0.1"), Host("localhost")]), around.roots, around.limits, around.temporary)
    how = {"pagination": "link", "next_path": "$.next", "records": "$.items[*]"}
    url = f"{server.url}/?api_key={KEY}"
    assert keys(records(wider, url, headers={"X-Key": KEY}, **how)) == ["1", "2"]
    sent = [(headers.get("x-key"), asked.get("api_key")) for _, asked, headers in server.asked]
    assert sent == [(KEY, KEY), (None, None)]


def test_a_next_page_on_a_host_that_is_not_allowed_is_refused(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data({"items": ARTICLES[:1], "next": "http://169.254.169.254/latest"})
    with pytest.raises(SourceFailed, match="not in the list"):
        records(around, server.url, records="$.items[*]", pagination="link", next_path="$.next")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"items": [', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_not_json_is_one_sentence(server: ArticleServer, around: Surroundings, body: bytes) -> None:
    server.routes["/"] = Answer(body)
    with pytest.raises(SourceFailed, match="not JSON"):
        records(around, server.url)


def test_an_endpoint_that_is_gone_is_an_error_and_not_an_empty_one(server: ArticleServer, around: Surroundings) -> None:
    with pytest.raises(SourceFailed, match="status 404"):
        records(around, f"{server.url}/gone")


def test_a_path_that_leads_nowhere_says_what_there_is(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data({"data": ARTICLES[:1], "total": 1})
    with pytest.raises(SourceFailed, match=r"nothing at \$\.items in what .* The answer has: data, total\."):
        records(around, server.url, records="$.items[*]")


def test_an_empty_list_is_no_mistake(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data({"data": [], "total": 0})
    assert records(around, server.url, records="$.data[*]") == []


def test_records_without_id_or_text_are_named_as_broken(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data(
        [{"title": "no id", "text": "x"}, {"id": 5, "title": "no text"}, {"id": 6, "text": ["a", "b"]}]
    )
    first, second, third = records(around, server.url, text_path="$.text[*]")
    assert (first, second) == (Broken("#1", "The record has no id."), Broken("5", "The record has no text."))
    assert isinstance(third, Record)


def test_a_record_that_is_too_long_is_broken(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/"] = data([{"id": 1, "text": "x" * 2_000_000}])
    small = Surroundings(around.reach, around.roots, Limits(record_bytes=1 << 20), around.temporary)
    assert records(small, server.url) == [Broken("1", "The record is longer than the limit of 1 MB.")]


def test_what_looks_like_a_key_in_the_address_is_kept_apart() -> None:
    url = f"https://api.example.com/v1?lang=en&api_key={KEY}"
    config = checked(RestConfig, {"url": url, "headers": {"Authorization": KEY}})
    assert config.url == "https://api.example.com/v1?lang=en"
    assert KEY not in str(config.shown()) + repr(config)
    assert config.revealed()["params"] == {"api_key": KEY}


def test_credentials_that_are_left_out_stay_and_others_change() -> None:
    url = "https://api.example.com"
    before = checked(RestConfig, {"url": url, "headers": {"A": "1", "B": "2"}}).revealed()
    kept = checked(RestConfig, {"url": url}, before)
    assert kept.revealed()["headers"] == {"A": "1", "B": "2"}
    shown = kept.shown()["headers"]
    changed = checked(RestConfig, {"url": url, "headers": {"A": shown["A"], "C": "3"}}, before)
    assert changed.revealed()["headers"] == {"A": "1", "C": "3"}


def test_a_new_address_does_not_get_the_credentials_of_the_old_one() -> None:
    before = checked(RestConfig, {"url": "https://api.example.com/v1", "headers": {"A": "1"}}).revealed()
    assert checked(RestConfig, {"url": "https://api.example.com/v2"}, before).revealed()["headers"] == {"A": "1"}
    assert checked(RestConfig, {"url": "https://evil.example/v1"}, before).revealed()["headers"] == {}


@pytest.mark.parametrize(
    "values",
    [
        {"url": "ftp://x"},
        {"url": 5},
        {},
        {"url": "https://x.example", "records": "$.["},
        {"url": "https://x.example", "headers": {"X": "a\r\nHost: b"}},
        {"url": "https://x.example", "headers": {"Host": "b"}},
        {"url": "https://x.example", "pagination": "random"},
        {"url": "https://x.example", "pagination": "cursor"},
        {"url": "https://x.example", "pagination": "page", "page_param": ""},
        {"url": "https://x.example", "unknown": 1},
    ],
)
def test_settings_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        checked(RestConfig, values)
