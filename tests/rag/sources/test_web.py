from __future__ import annotations

from core.entities.sources import Broken, Record
from rag.sources import Surroundings, checked
from rag.sources.web import WebConfig, read
from tests import samples
from tests.servers.articles import Answer, ArticleServer, page


def one(around: Surroundings, url: str) -> Record | Broken | None:
    return next(read(checked(WebConfig, {"urls": [url]}), around), None)


def test_a_page_is_a_document_under_its_title(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/a"] = page("Prices rise in autumn.", "Prices / 2024")
    found = one(around, f"{server.url}/a")
    assert isinstance(found, Record)
    assert found.filename == "Prices   2024.html"
    with found.open() as stream:
        assert b"Prices rise" in stream.read()


def test_only_what_a_visitor_sees_counts_as_a_change(server: ArticleServer, around: Surroundings) -> None:
    digests = []
    for text, token in (("Prices rise.", "1"), ("Prices rise.", "2"), ("Prices fall.", "2")):
        server.routes["/"] = page(text, extra=f"<script>token = {token}</script>")
        found = one(around, server.url)
        assert isinstance(found, Record)
        digests.append(found.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_page_that_is_gone_is_told_from_one_that_fails(server: ArticleServer, around: Surroundings) -> None:
    server.routes |= {
        "/gone": Answer(status=410),
        "/broken": Answer(status=500),
        "/zip": Answer(b"PK", headers={"Content-Type": "application/zip"}),
    }
    urls = [f"{server.url}/{name}" for name in ("gone", "missing", "broken", "zip")]
    found = list(read(checked(WebConfig, {"urls": urls}), around))
    assert [(type(each), each.key) for each in found] == [(Broken, url) for url in urls]
    assert [each.gone for each in found if isinstance(each, Broken)] == [True, True, False, False]


def test_the_encoding_that_the_server_states_counts_more_than_what_the_page_says(
    server: ArticleServer, around: Surroundings
) -> None:
    words = "Ключ у Марии."
    html = f"<meta charset=windows-1251><title>Записка</title><p>{words}</p>"
    server.routes["/"] = Answer(html.encode("koi8-r"), headers={"Content-Type": "text/html; charset=koi8-r"})
    found = one(around, server.url)
    assert isinstance(found, Record)
    assert found.filename == "Записка.html"
    with found.open() as stream:
        assert words in stream.read().decode("utf-8-sig")


def test_a_pdf_is_a_record_by_its_name(server: ArticleServer, around: Surroundings) -> None:
    server.routes["/files/report.pdf"] = Answer(
        samples.pdf([["Yearly report"]]), headers={"Content-Type": "application/pdf"}
    )
    found = one(around, f"{server.url}/files/report.pdf")
    assert isinstance(found, Record)
    assert found.filename.endswith(".pdf")
