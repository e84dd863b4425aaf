"""The page Corpora: what collections are called everywhere, and what became of one that was deleted."""

from __future__ import annotations

from io import BytesIO

from sqlalchemy import text

from core.entities.corpora import CollectionKind
from core.entities.evaluation import NewGolden
from core.entities.people import Principal
from core.roles import Role
from tests.pages.conftest import Browser


def _admin(browser: Browser) -> Principal:
    person = browser.sign_in(Role.ADMIN)
    return Principal(role=Role.ADMIN, user_id=person.id, email=person.email)


def _upload(browser: Browser, who: Principal, collection: str) -> None:
    browser.services.documents.upload(who, f"{collection}.txt", BytesIO(collection.encode()), collection)


def test_a_document_says_the_title_that_its_collection_has_now(browser: Browser) -> None:
    who = _admin(browser)
    collections = browser.services.collections
    collections.rename(who, "documents", "Contracts")
    collections.create(who, "prices", "Price lists", CollectionKind.DOCUMENTS)
    _upload(browser, who, "documents")
    _upload(browser, who, "prices")
    page = browser.open("documents")
    assert not page.exception
    shown = " ".join(one.value for one in page.markdown)
    assert "Contracts ·" in shown
    assert "Price lists ·" in shown


def test_a_deletion_that_failed_says_so_and_is_tried_again_at_a_press(browser: Browser) -> None:
    who = _admin(browser)
    browser.services.collections.create(who, "prices", "Price lists", CollectionKind.DOCUMENTS)
    run = browser.services.deleting.delete(who, "prices").job_id
    with browser.services.db.begin() as tx:
        tx.connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
        tx.jobs.update(run, status="running", error="The disk is full.")
    page = browser.open("corpora")
    [said] = page.error
    assert "Price lists" in said.value
    assert "The disk is full." in said.value
    page.button(key=f"corpora_deletion_again_{run}").click().run()
    assert not page.exception
    assert not page.error
    with browser.services.db.begin() as tx:
        assert tx.jobs.waiting("delete_collection") == 1


def test_questions_are_removed_by_where_they_came_from(browser: Browser) -> None:
    who = _admin(browser)
    golden = browser.services.golden
    golden.add(who, "documents", NewGolden("Who signs?", passage="The director signs."))
    golden.import_file(who, "documents", "wrong.csv", BytesIO(b"question,document\nWhy?,gone.pdf\nWhen?,gone.pdf\n"))
    page = browser.open("corpora", collection="documents", tab="evaluation")
    page.session_state["evaluation_view"] = "golden"
    page.run()
    assert "2 questions name documents that are not in the collection" in " ".join(one.value for one in page.warning)
    page.button(key="golden_remove").click().run()
    page.radio[0].set_value("From: wrong.csv")
    page.button(key="golden_remove").click()  # AppTest reruns the page, and not the dialog alone
    page.button(key="golden_remove_many").click().run()
    assert not page.exception
    assert [one.question for one in golden.list(who, "documents")] == ["Who signs?"]
