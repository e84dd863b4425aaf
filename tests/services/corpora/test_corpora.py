from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from core.entities.corpora import Stage
from core.settings import ROOT
from services.container import Services
from services.corpora.demo import Corpora, articles
from services.files.blobs import Blobs
from services.files.images import PageImages
from services.files.removal import Removal
from tests.desk import Desk

ARTICLE = """---
article_id: "{number}"
title: "{title}"
meta_tags: "Учётная запись"
tags: ["вход", "пароль"]
summary: "Кратко: {title}."
demo: true
---

{text}
"""
FIRST = ARTICLE.format(number=1, title="Как войти в сервис?", text="Откройте адрес сервиса и введите почту и пароль.")
SECOND = ARTICLE.format(number=2, title="Как выйти из сервиса?", text="Нажмите на имя и выберите выход.")
HEAD = "# Демо-данные.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpora" / "faq").mkdir(parents=True)
    return tmp_path / "corpora"


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


@pytest.fixture
def corpora(desk: Desk, folder: Path) -> Corpora:
    services = desk.services
    blobs = Blobs(services.settings.blobs_url)
    removal = Removal(services.db, blobs, services.vectors, services.lexical, services.indexing, PageImages(blobs))
    return Corpora(services.db, blobs, services.ingestion, removal, folder)


@pytest.fixture
def load(desk: Desk, corpora: Corpora, folder: Path) -> Callable[[str], dict[str, UUID]]:
    """Writes the file of Russian questions and loads it; the ids of the documents by file name."""

    def loaded(content: str) -> dict[str, UUID]:
        (folder / "faq" / "ru.md").write_text(content)
        run = corpora.ensure_demo()
        if run:
            with desk.services.db.begin() as tx:  # what the worker does when it takes the job
                tx.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
            corpora.load(run)
            assert desk.services.documents.job(desk.admin, run).status == "done"
        found, _ = desk.services.documents.list(desk.admin, collection="faq")
        assert all(document.stage is Stage.READY for document in found)
        return {document.filename: document.id for document in found}

    return loaded


def test_each_article_becomes_a_document_of_demo_data(desk: Desk, load: Callable[[str], dict[str, UUID]]) -> None:
    loaded = load(FIRST.replace("---\n", f"---\n{HEAD}", 1) + "\n" + SECOND)
    assert set(loaded) == {"1.ru.md", "2.ru.md"}
    document = desk.services.documents.get(desk.guest, loaded["1.ru.md"])
    assert (document.title, document.tags, document.language) == ("Как войти в сервис?", ("вход", "пароль"), "ru")
    assert document.demo
    assert desk.found(desk.guest, "faq", "введите почту")


def test_loading_again_changes_nothing_and_is_not_even_begun(
    load: Callable[[str], dict[str, UUID]], corpora: Corpora
) -> None:
    before = load(FIRST + SECOND)
    assert corpora.ensure_demo() is None
    assert load(FIRST + SECOND) == before


def test_a_changed_article_is_replaced_by_its_next_version_and_a_missing_one_is_removed(
    desk: Desk, load: Callable[[str], dict[str, UUID]]
) -> None:
    before = load(FIRST + SECOND)
    after = load(FIRST.replace("Откройте", "Наберите"))
    assert set(after) == {"1.ru.md"}
    assert after["1.ru.md"] != before["1.ru.md"]
    assert desk.services.documents.get(desk.admin, after["1.ru.md"]).version == 2
    assert desk.found(desk.guest, "faq", "выход") == []


def test_documents_that_people_uploaded_to_the_collection_stay(
    desk: Desk, load: Callable[[str], dict[str, UUID]]
) -> None:
    own = desk.index(desk.admin, "Свой вопрос и свой ответ.", "own.txt", "faq")
    load(FIRST)
    assert set(load(SECOND)) == {"2.ru.md", "own.txt"}
    assert desk.services.documents.get(desk.admin, own.id).updated_at == own.updated_at


def test_a_load_that_waits_is_not_put_into_the_queue_twice(corpora: Corpora, folder: Path, desk: Desk) -> None:
    (folder / "faq" / "ru.md").write_text(FIRST)
    assert corpora.ensure_demo() == corpora.ensure_demo()
    assert desk.queued("load_demo") == 1


@pytest.mark.parametrize("collection", ["faq", "analytics"])
def test_the_shipped_articles_are_all_found_with_the_same_numbers_in_both_languages(collection: str) -> None:
    numbers: dict[str, set[str]] = {}
    for path in sorted((ROOT / "data" / "corpora" / collection).glob("*.md")):
        split = list(articles([path]))
        assert len(split) == path.read_text().count("\narticle_id:")
        numbers[path.stem] = {name.partition(".")[0] for name, _ in split}
        assert len(numbers[path.stem]) == len(split)
    assert numbers["en"] == numbers["ru"]
