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
    for language, said, pages in (("Русский", "Светлая", "Страницы"), ("English", "Light", "Pages")):
        visitor.speak(language)
        expect(page.get_by_test_id("stSidebarNav")).to_have_attribute("aria-label", pages)
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


def test_the_address_of_a_screen_asks_for_nothing_that_is_not_there(visitor: Visitor) -> None:
    refused: list[str] = []
    visitor.page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    for path in ("documents", "niches?tab=ask", "assistant"):
        visitor.go(path)
        expect(visitor.page.locator(".st-key-sign_in_card")).to_be_visible()
    assert refused == []


def test_light_or_dark_is_chosen_once_for_all_pages(product: Product, visitor: Visitor) -> None:
    visitor.go("profile")
    visitor.sign_in(*product.credentials())
    page = visitor.page
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_test_id("stMainMenuItem-theme-Dark").click()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")  # dialogs are drawn beside the page
    visitor.go("people")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")


def test_a_dialog_that_asks_for_words_begins_in_its_first_field(product: Product, visitor: Visitor) -> None:
    visitor.go("people")
    visitor.sign_in(*product.credentials())
    visitor.page.locator("[class*=st-key-people_add] button").click()
    expect(visitor.page.get_by_role("dialog").locator("input").first).to_be_focused()


def test_on_a_narrow_screen_the_list_of_pages_is_put_away_by_a_touch_beside_it(
    product: Product, visitor: Visitor
) -> None:
    visitor.go("people")
    visitor.sign_in(*product.credentials())
    page, pages = visitor.page, visitor.page.get_by_test_id("stSidebar")
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.go("people")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(pages).to_have_attribute("data-collapsed", "false")
    page.mouse.click(380, 500)
    expect(pages).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(pages).to_have_attribute("data-collapsed", "false")
    visitor.go("people")
    expect(pages).to_have_attribute("data-collapsed", "true")


def test_a_dialog_that_a_menu_opened_gives_the_focus_back_to_the_menus_button(
    product: Product, visitor: Visitor
) -> None:
    visitor.go("people")
    visitor.sign_in(*product.credentials())
    page = visitor.page
    more = page.get_by_role("button", name="More actions").locator("visible=true").first
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="End of access").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(more).to_be_focused()


def test_a_narrow_screen_gets_a_list_in_place_of_a_grid(product: Product, visitor: Visitor) -> None:
    visitor.go("audit")
    visitor.sign_in(*product.credentials())
    page = visitor.page
    visitor.go("audit")
    grid, entries = page.get_by_test_id("stDataFrame"), page.locator(".narrow-entries")
    expect(grid).to_be_visible()
    expect(entries).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(grid).to_be_hidden()
    expect(entries.locator("li").first).to_contain_text("signed in")
    for box in entries.locator("li, dl, dd").all()[:12]:
        place = box.bounding_box()
        assert place
        assert place["x"] + place["width"] <= 390


def test_the_settings_of_providers_begin_on_the_first_screen_of_a_phone(product: Product, visitor: Visitor) -> None:
    visitor.go("providers")
    visitor.sign_in(*product.credentials())
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.go("providers")
    tabs = page.get_by_role("tablist").bounding_box()
    assert tabs
    assert tabs["y"] < 700
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("[class*=st-key-providers_off_]").first).to_be_visible()
