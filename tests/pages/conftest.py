"""A browser without a browser: Streamlit's AppTest over real services, signed in with a real session."""

from __future__ import annotations

from uuid import uuid4

import pytest
from streamlit.runtime.context import ContextProxy, StreamlitCookies, StreamlitHeaders
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.entities.people import Client, User, UserStatus
from core.roles import Role
from core.security import hash_password
from core.settings import ROOT
from services.container import Services
from services.identity.sessions import NONCE_COOKIE, SESSION_COOKIE

PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD, 4)
_NONCE = "nonce-of-this-browser"


class Browser:
    """Opens pages; `cookies` are what the browser sends."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.cookies = {NONCE_COOKIE: _NONCE}

    def person(
        self, role: Role, email: str | None = None, status: UserStatus = UserStatus.ACTIVE, name: str = "Ann Example"
    ) -> User:
        with self.services.db.begin() as tx:
            made = tx.users.create(email or f"{uuid4().hex[:8]}@example.com", name, role, status, _HASH)
        assert made
        return made

    def sign_in(self, role: Role) -> User:
        """Signs a new person of `role` in, the way the product does: a ticket, exchanged for the cookie."""
        person = self.person(role)
        ticket = self.services.sessions.issue_ticket(person, _NONCE)
        self.cookies[SESSION_COOKIE], _session = self.services.sessions.exchange(ticket, _NONCE, Client())
        return person

    def open(self, slug: str = "", *, locale: str = "en-US", **query: str) -> AppTest:
        """A cold start at the address of a page."""
        page = AppTest.from_file(ROOT / "pages" / "shell" / "main.py", default_timeout=30)
        page.context = {"locale": locale, "timezone": "UTC", "url": f"http://localhost/{slug}"}
        page.query_params.update(query)
        page._page_hash = calc_hash(slug)
        return page.run()


@pytest.fixture
def browser(services: Services, monkeypatch: pytest.MonkeyPatch) -> Browser:
    services.collections.ensure_defaults()
    opened = Browser(services)
    # AppTest has no way to send these; everything above Streamlit is real.
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: StreamlitCookies(opened.cookies)))
    monkeypatch.setattr(ContextProxy, "headers", property(lambda _self: StreamlitHeaders([("User-Agent", "AppTest")])))
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _self: "192.0.2.7"))
    return opened


def words(page: AppTest) -> str:
    """Everything the page says, in one string."""
    kinds = ("title", "subheader", "markdown", "caption", "error", "warning", "success", "info", "text", "code")
    said = [str(getattr(element, "value", "")) for kind in kinds for element in page.get(kind)]
    labels = [str(button.label) for button in page.button]
    return "\n".join([*said, *labels])
