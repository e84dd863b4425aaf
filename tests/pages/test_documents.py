"""The page of documents: what is looked for is in sight, wherever one has turned to before."""

from __future__ import annotations

import io

from core.entities.people import Principal
from core.roles import Role
from services.container import Services
from tests.pages.conftest import Browser, words


def test_a_search_from_a_later_page_shows_what_it_found_and_of_how_many(browser: Browser, services: Services) -> None:
    user = browser.sign_in(Role.SALES)
    who = Principal(role=Role.SALES, user_id=user.id, email=user.email, name=user.name)
    for name in ("leave.txt", "parking.txt"):
        services.documents.upload(who, name, io.BytesIO(f"Rules of {name}.".encode()), "documents")
    page = browser.open("documents")
    page.session_state["documents_page"] = 4
    page.text_input(key="documents_query").set_value("parking").run()
    assert not page.exception
    said = words(page)
    assert "parking" in said, said
    assert "No document fits" not in said
    assert "found: 1 of 2" in said
