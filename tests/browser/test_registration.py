"""A guest registers in the chat, in both languages; whoever comes back is reminded of where they stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

PASSWORD = "a long pass phrase"
_ANSWERED = 30_000


@pytest.fixture
def admin(product: Product, chromium: Browser) -> Iterator[Page]:
    """The administrator, on the page People, in English."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    one = Visitor(context.new_page(), context, product.url)
    one.go("people")
    one.sign_in(*product.credentials())
    one.speak("English")
    yield one.page
    context.close()


def mailed_code(admin: Page, email: str) -> str:
    admin.reload()
    admin.get_by_role("tab", name="Outbox").click()
    letter = admin.get_by_test_id("stExpander").filter(has_text=email).first
    letter.locator("summary").click()
    expect(letter).to_contain_text(re.compile(r"\d{6}"), timeout=_ANSWERED)
    found = re.search(r"\b\d{6}\b", letter.inner_text())
    assert found
    return found[0]


def ask(visitor: Visitor, text: str) -> None:
    box = visitor.page.get_by_test_id("stChatInputTextArea")
    box.fill(text)
    box.press("Enter")


def field(visitor: Visitor, autocomplete: str) -> Locator:
    """The fields of that kind in the form under the last answer, once it is there."""
    found = visitor.page.locator(f".st-key-registration_form input[autocomplete={autocomplete}]")
    expect(found.first).to_be_visible(timeout=_ANSWERED)
    visitor.settled()
    return found


def send(visitor: Visitor) -> None:
    form = visitor.page.locator(".st-key-registration_form")
    form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()


def to_the_password(visitor: Visitor, admin: Page, email: str, said: tuple[str, str, str, str]) -> None:
    """From the gate to the last form, with a question in between."""
    wish, question, name, city = said
    visitor.go()
    visitor.page.locator(".st-key-sign_in_guest").get_by_role("button").click()
    visitor.settled()
    ask(visitor, wish)
    field(visitor, "email").fill(email)
    visitor.page.locator(".st-key-registration_form").get_by_test_id("stCheckbox").locator("label").click()
    send(visitor)
    field(visitor, "one-time-code")
    ask(visitor, question)
    answers = visitor.page.get_by_test_id("stChatMessage").filter(has_text=email)
    expect(answers).to_have_count(2, timeout=_ANSWERED)
    field(visitor, "one-time-code").fill(mailed_code(admin, email))
    send(visitor)
    field(visitor, "name").fill(name)
    field(visitor, "address-level2").fill(city)
    send(visitor)
    passwords = field(visitor, "new-password")
    passwords.nth(0).fill(PASSWORD)
    passwords.nth(1).fill(PASSWORD)


ENGLISH = ("I want to register", "What is a one-time code?", "Bob Brown", "Kazan")
RUSSIAN = ("Хочу зарегистрироваться", "Что такое одноразовый код?", "Борис Белов", "Казань")


def test_a_guest_of_an_allowed_domain_is_signed_in_at_once(visitor: Visitor, admin: Page) -> None:
    admin.get_by_role("tab", name="Allowlist").click()
    admin.get_by_label("E-mail address or domain").fill("partner.example")
    admin.get_by_role("tabpanel", name="Allowlist").get_by_role("button", name="Add").click()
    expect(admin.locator("[class*='st-key-allowlist_partner']").first).to_be_visible(timeout=_ANSWERED)
    to_the_password(visitor, admin, "bob@partner.example", ENGLISH)
    send(visitor)
    expect(visitor.page.locator(".st-key-shell_sign_out")).to_be_attached(timeout=_ANSWERED)
    visitor.settled()
    expect(visitor.page.locator(".st-key-shell_account")).to_contain_text("Bob Brown")
    thread = visitor.page.locator(".st-key-assistant_thread")
    expect(thread).to_contain_text("I want to register")
    expect(thread).to_contain_text("Your account is ready")
    assert PASSWORD not in visitor.page.content()


@pytest.mark.parametrize("visitor", ["ru-RU"], indirect=True)
def test_another_guest_waits_for_approval_in_russian_too(visitor: Visitor, admin: Page) -> None:
    to_the_password(visitor, admin, "boris@elsewhere.example", RUSSIAN)
    send(visitor)
    expect(visitor.page.locator(".st-key-assistant_thread")).to_contain_text(
        "её должен одобрить администратор", timeout=_ANSWERED
    )
    admin.reload()
    row = admin.locator("[class*=st-key-people_row_]").filter(has_text="boris@elsewhere.example").first
    expect(row).to_contain_text("e-mail confirmed", timeout=_ANSWERED)
    row.get_by_role("button", name="Approve").click()
    expect(row.get_by_role("button", name="Approve")).to_have_count(0, timeout=_ANSWERED)
    visitor.page.locator(".st-key-shell_account").get_by_role("button", name="Войти").click()
    expect(visitor.page.get_by_role("tab", name="Войти")).to_be_visible(timeout=_ANSWERED)
    visitor.sign_in("boris@elsewhere.example", PASSWORD)
    expect(visitor.page.locator(".st-key-shell_account")).to_contain_text("Борис Белов")
    expect(visitor.page.locator(".st-key-assistant_thread")).to_contain_text("Хочу зарегистрироваться")


def test_who_comes_back_is_greeted_with_the_key_points_and_goes_on(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.speak("English")
    ask(visitor, "What colour is the lighthouse of Reykjavik?")
    answer = visitor.page.get_by_test_id("stChatMessage").nth(1)
    expect(answer.get_by_role("button").first).to_be_visible(timeout=_ANSWERED)
    visitor.settled()
    visitor.page.locator(".st-key-shell_sign_out").get_by_role("button").click()
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=_ANSWERED)
    visitor.go()
    visitor.sign_in(*product.credentials())
    greeting = visitor.page.locator(".st-key-greeting")
    for _ in range(20):  # the summary is a job: it may come a moment later
        if greeting.count():
            break
        visitor.go()
    expect(greeting).to_contain_text("What colour is the lighthouse of Reykjavik?")
    greeting.get_by_role("button", name="Continue").click()
    thread = visitor.page.locator(".st-key-assistant_thread")
    expect(thread.get_by_test_id("stChatMessage").first).to_contain_text("lighthouse", timeout=_ANSWERED)
    visitor.go("profile")
    visitor.page.get_by_role("tab", name="Memory").click()
    expect(visitor.page.locator("[class*=st-key-icon_delete_memory_]").first).to_be_visible()
