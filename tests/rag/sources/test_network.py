from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import repeat

import pytest

from core.entities.sources import Host
from core.errors import BadInput, SourceFailed
from rag.sources import Limits, Reach, clean_host
from rag.sources.network import Web
from tests.servers.articles import Answer, ArticleServer, redirect


def web(server: ArticleServer, *hosts: Host, **limits: float) -> Web:
    return Web(Reach(hosts or [Host("127.0.0.1")]), Limits(**{"seconds": 20, **limits}))  # type: ignore[arg-type]


def reach(address: str, private: bool = False, *more: str) -> Reach:
    hosts = [Host("files.example.com", private), *map(Host, more)]
    return Reach(hosts, lambda _host, _port: [address])


# --- addresses ------------------------------------------------------------------------------------------------------

SPECIAL = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "100.100.100.200"),  # noqa: S104
    *("::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1", "224.0.0.1", "240.0.0.1", "ff02::1"),
)
PRIVATE = ("10.1.2.3", "172.16.0.9", "192.168.0.7", "fd12::7", "100.64.0.1")


@pytest.mark.parametrize("address", [*SPECIAL, *PRIVATE])
def test_an_allowed_name_does_not_lead_into_this_network(address: str) -> None:
    with pytest.raises(SourceFailed, match="leads into this network"):
        reach(address).addresses("files.example.com", 443)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_host_that_is_allowed_there_may_be_in_this_network(address: str) -> None:
    assert reach(address, True).addresses("files.example.com", 443) == [address]


@pytest.mark.parametrize("address", SPECIAL)
def test_this_machine_and_metadata_are_reached_by_their_own_name_alone(address: str) -> None:
    with pytest.raises(SourceFailed):
        reach(address, True).addresses("files.example.com", 443)


def test_an_address_that_is_allowed_itself_is_reached() -> None:
    assert reach("127.0.0.1", False, "127.0.0.1").addresses("files.example.com", 80) == ["127.0.0.1"]
    assert Reach([Host("localhost")], lambda *_: ["::1", "127.0.0.1"]).addresses("LOCALHOST.", 80) == [
        "::1",
        "127.0.0.1",
    ]


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_of_an_allowed_host_is_reached(address: str) -> None:
    assert reach(address).addresses("files.example.com", 443) == [address]


@pytest.mark.parametrize(
    "host",
    ["example.com", "evil.files.example.com", "files.example.com.evil.org", "2130706433", "0177.0.0.1", "0x7f.1"],
)
def test_a_host_that_is_not_in_the_list_is_not_even_resolved(host: str) -> None:
    def never(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("it was resolved")

    with pytest.raises(SourceFailed, match="not in the list"):
        Reach([Host("files.example.com"), Host("127.0.0.1")], never).addresses(host, 80)


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        (" Files.Example.COM. ", "files.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
    ],
)
def test_hosts_have_one_form(typed: str, listed: str) -> None:
    assert clean_host(typed) == listed


@pytest.mark.parametrize("typed", ["", "a b", "http://example.com", "x" * 300, "-.-"])
def test_what_is_no_host_is_refused(typed: str) -> None:
    with pytest.raises(BadInput):
        clean_host(typed)


# --- fetching -------------------------------------------------------------------------------------------------------


def test_the_connection_goes_to_the_address_that_was_checked(server: ArticleServer) -> None:
    """A name whose second answer is another one: it is asked once."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    hosts = Host("rebound.example"), Host("127.0.0.1")
    server.routes["/"] = Answer(b"here")
    fetched = Web(Reach(hosts, lambda *_: next(answers)), Limits()).get(f"http://rebound.example:{server.port}/")
    assert fetched.body == b"here"
    assert server.asked[0][2]["host"] == f"rebound.example:{server.port}"
    assert next(answers) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data", "http://localhost:{port}/secret", "http://[::1]:{port}/secret",
     "//evil.example/", "http://2130706433:{port}/secret"],
)  # fmt: skip
def test_a_redirect_to_a_host_that_is_not_allowed_ends_the_reading(server: ArticleServer, target: str) -> None:
    server.routes |= {"/": redirect(target.format(port=server.port)), "/secret": Answer(b"secret")}
    with pytest.raises(SourceFailed, match="not in the list"):
        web(server).get(server.url)
    assert server.paths == ["/"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://a@127.0.0.1/", "http:///x"])
def test_a_redirect_to_what_is_no_plain_http_address_is_refused(server: ArticleServer, target: str) -> None:
    server.routes["/"] = redirect(target)
    with pytest.raises((BadInput, SourceFailed)):
        web(server).get(server.url)


def test_credentials_do_not_follow_a_redirect_to_another_origin(server: ArticleServer) -> None:
    server.routes |= {
        "/": redirect("/same"),
        "/same": redirect(f"http://localhost:{server.port}/other"),
        "/other": Answer(b"x"),
    }
    got = web(server, Host("127.0.0.1"), Host("localhost")).get(server.url, {"X-Key": "planted", "Accept": "text/html"})
    assert got.body == b"x"
    sent = {path: headers.get("x-key") for path, _, headers in server.asked}
    assert sent == {"/": "planted", "/same": "planted", "/other": None}


def test_redirects_without_end_are_given_up(server: ArticleServer) -> None:
    server.routes["/"] = redirect("/")
    with pytest.raises(SourceFailed, match="redirects without end"):
        web(server).get(server.url)


def test_an_endless_answer_is_cut_at_the_limit(server: ArticleServer) -> None:
    server.routes["/"] = Answer(pieces=repeat(b"x" * 65536))
    with pytest.raises(SourceFailed, match="more than the limit of 1 MB"):
        web(server, answer_bytes=1 << 20).get(server.url)


def test_an_answer_that_does_not_come_is_given_up(server: ArticleServer) -> None:
    gate = threading.Event()
    server.routes["/"] = Answer(b"late", gate=gate)
    try:
        with pytest.raises(SourceFailed, match="took longer"):
            web(server, seconds=0.3).get(server.url)
    finally:
        gate.set()


@pytest.mark.parametrize("status", [400, 401, 403, 500, 503])
def test_an_error_says_the_host_and_the_status_and_no_more(server: ArticleServer, status: int) -> None:
    server.routes["/x"] = Answer(b"secret words", status)
    with pytest.raises(SourceFailed) as failed:
        web(server).get(f"{server.url}/x?token=planted")
    refused = f"The credentials were refused by 127.0.0.1, with status {status}. Check them."
    answered = f"127.0.0.1 answered with status {status}."
    assert failed.value.message == (refused if status in (401, 403) else answered)


def test_a_server_that_asks_to_be_asked_later_is(server: ArticleServer) -> None:
    answers = [Answer(status=429, headers={"Retry-After": "0"}), Answer(status=503, headers={"Retry-After": "0"})]
    server.routes["/"] = lambda _: answers.pop(0) if answers else Answer(b"at last")
    assert web(server).get(server.url).body == b"at last"


@pytest.mark.parametrize("after", ["0", "3600", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_server_that_has_no_time_at_all_is_not_waited_for(server: ArticleServer, after: str) -> None:
    server.routes["/"] = Answer(status=429, headers={"Retry-After": after})
    with pytest.raises(SourceFailed, match="status 429"):
        web(server).get(server.url)
    assert len(server.asked) == (4 if after == "0" else 1)


def test_a_server_that_is_not_there_is_one_sentence(server: ArticleServer) -> None:
    with pytest.raises(SourceFailed, match=r"127\.0\.0\.1 does not answer"):
        web(server).get("http://127.0.0.1:9/")


def test_proxies_of_the_environment_are_not_used(server: ArticleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.routes["/"] = Answer(b"direct")
    assert web(server).get(server.url).body == b"direct"


@pytest.mark.parametrize("url", ["", "example.com", "javascript:alert(1)", "http://user:word@example.com/", "http://"])
def test_an_address_must_be_a_plain_one(server: ArticleServer, url: str) -> None:
    with pytest.raises(BadInput):
        web(server).get(url)
