"""The frame around every page: its menu in the reader's language, and keys that work wherever one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser


def test_the_menu_speaks_russian_and_back(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    page = visitor.page
    for language, said in (("Русский", "Светлая"), ("English", "Light")):
        visitor.speak(language)
        page.get_by_test_id("stMainMenu").get_by_role("button").click()
        expect(page.get_by_test_id("stMainMenuItem-theme-Light")).to_contain_text(said)
        expect(page.get_by_text("Made with Streamlit")).to_be_hidden()
        page.keyboard.press("Escape")


def test_a_slash_leads_to_the_question_and_escape_closes_a_dialog_that_lost_the_focus(
    product: Product, visitor: Visitor
) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    page = visitor.page
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_focused()
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_value("")
    page.locator(".st-key-assistant_templates").get_by_role("button").locator("visible=true").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_sign_in_begins_in_its_first_field(visitor: Visitor) -> None:
    visitor.go()
    expect(visitor.page.locator(".st-key-sign_in_card input").first).to_be_focused()
