"""The main job, as a person does it: sign in, add a document, ask, read the answer, open the page it comes from."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Product, Visitor
from tests.shared import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.browser

PDF = SHARED_DATA / "documents" / "pdflatex-4-pages.pdf"
QUESTION = "What information does a blind text give you about the selected font?"
RUSSIAN = """Правила библиотеки

Абонемент

Читатель получает книги на дом по читательскому билету. Одновременно можно взять не больше семи книг.
Срок пользования книгой составляет двадцать один день, после чего его можно продлить по телефону один раз.

Читальный зал

Редкие издания и энциклопедии выдаются только в читальный зал. Зал открыт с девяти утра до восьми вечера.

Утеря книги

Утерянную книгу заменяют такой же или равноценной. Стоимость замены определяет заведующая отделом хранения.
"""
_READY = 60_000
_ANSWERED = 30_000


def _upload(visitor: Visitor, file: Path, ready: str) -> None:
    visitor.go("documents")
    visitor.page.locator("input[type=file]").set_input_files(file)
    row = visitor.page.locator("[class*=st-key-document_]").filter(has_text=file.stem).first
    expect(row.get_by_text(ready, exact=True)).to_be_visible(timeout=_READY)


def _ask(visitor: Visitor, question: str) -> Locator:
    visitor.go()
    box = visitor.page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    answer = visitor.page.get_by_test_id("stChatMessage").nth(1)
    expect(answer.locator("[class*=st-key-citation_]").first.get_by_role("button")).to_be_visible(timeout=_ANSWERED)
    visitor.settled()
    return answer


def _image(dialog: Locator) -> Image.Image:
    picture = dialog.get_by_role("img").last
    expect(picture).to_be_visible(timeout=15_000)
    return Image.open(io.BytesIO(picture.screenshot()))


def _is_marked(image: Image.Image) -> bool:
    """Whether something on the page is yellow, as the marker is."""
    pixels = image.convert("RGB").tobytes()
    colors = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    return sum(red > 200 and green > 180 and blue < 160 for red, green, blue in colors) > 1000


@needs_shared_data
def test_a_cited_answer_opens_the_page_with_the_passage_marked(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    _upload(visitor, PDF, "ready")
    answer = _ask(visitor, QUESTION)
    expect(answer).to_contain_text("how the letters are written")
    chip = answer.locator("[class*=st-key-citation_]").first.get_by_role("button")
    page_number = int(re.findall(r"p\. (\d+)", chip.inner_text())[0])
    chip.click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Page {page_number}", timeout=15_000)
    assert _is_marked(_image(dialog))
    with pypdfium2.PdfDocument(PDF) as pdf:
        assert "how the letters are written" in pdf[page_number - 1].get_textpage().get_text_bounded()


@pytest.mark.parametrize("visitor", ["ru-RU"], indirect=True)
def test_the_same_in_russian(product: Product, visitor: Visitor, tmp_path: Path) -> None:
    text = tmp_path / "правила.txt"
    text.write_text(RUSSIAN, encoding="utf-8")
    visitor.go()
    expect(visitor.page.get_by_role("tab", name="Войти")).to_be_visible()
    visitor.sign_in(*product.credentials())
    visitor.speak("Русский")  # whoever has chosen a language keeps it, whatever the browser says
    _upload(visitor, text, "готов")
    answer = _ask(visitor, "Сколько книг можно взять одновременно?")
    expect(answer).to_contain_text("не больше семи книг")
    answer.locator("[class*=st-key-citation_]").first.get_by_role("button").click()
    expect(visitor.page.get_by_role("dialog")).to_contain_text("не больше семи книг", timeout=15_000)


def test_what_no_document_answers_is_refused(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    box = visitor.page.get_by_test_id("stChatInputTextArea")
    box.fill("Who won the chess tournament in Reykjavik in 1972?")
    box.press("Enter")
    refusal = visitor.page.locator("[class*=st-key-refusal_]")
    expect(refusal).to_be_visible(timeout=_ANSWERED)
    expect(visitor.page.locator("[class*=st-key-citation_]")).to_have_count(0)
