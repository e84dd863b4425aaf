"""/voice behind the session of the pages: one sign-in opens both, and who may no longer is out of it at once. What is
said into a microphone is written down, answered and read aloud."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from faster_whisper.audio import decode_audio
from playwright.sync_api import Browser, Page, expect

from tests import recordings
from tests.browser.conftest import FLAGS, Product, Visitor, new_var, running, system_chromium
from tests.servers.speech import SpeechServer
from tests.tiny_whisper import ENGLISH, HEARD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # the small speech model may have to be made first

_PASSWORD = "a long passphrase"
_ANSWERED = 30_000


@pytest.fixture(scope="module")
def product(exported_model: Path, whisper_model: Path, speech_server: SpeechServer) -> Iterator[Product]:
    """An installation that hears with a model of its own and speaks through ElevenLabs."""
    with new_var(exported_model) as var, pytest.MonkeyPatch.context() as environment:
        environment.setenv("NICHEWISE_WHISPER", str(whisper_model))
        environment.setenv("ELEVENLABS_API_KEY", "key-of-a-scripted-server")
        environment.setenv("ELEVENLABS_BASE_URL", speech_server.url)
        with running(var) as product:
            yield product


@pytest.fixture(scope="module")
def chromium(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One with a microphone into which somebody speaks."""
    spoken = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    spoken.write_bytes(recordings.wav(decode_audio(str(ENGLISH))))
    microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    microphone += [f"--use-file-for-fake-audio-capture={spoken}", "--autoplay-policy=no-user-gesture-required"]
    browser = chromium.browser_type.launch(executable_path=system_chromium(), args=[*FLAGS, *microphone])
    yield browser
    browser.close()


@pytest.fixture
def admin(product: Product) -> Iterator[httpx.Client]:
    """The administrator's programs."""
    email, password = product.credentials()
    with httpx.Client(base_url=f"{product.url}/api", timeout=60) as api:
        token = api.post("/auth/token", data={"username": email, "password": password}).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


@pytest.fixture
def enter(admin: httpx.Client, visitor: Visitor) -> Callable[[], str]:
    """Signs a new person from sales in on the pages; their id."""

    def sign_in() -> str:
        person = {"email": f"{uuid4().hex[:8]}@example.com", "name": "Vera", "role": "sales", "password": _PASSWORD}
        made = admin.post("/users", json=person)
        assert made.status_code == httpx.codes.CREATED
        visitor.go()
        visitor.sign_in(person["email"], _PASSWORD)
        return str(made.json()["id"])

    return sign_in


def answers(visitor: Visitor) -> tuple[int, int]:
    """What the screen's own call and a question to it answer to this browser."""
    asked = visitor.context.request
    return asked.get(f"{visitor.url}/voice/config").status, asked.post(
        f"{visitor.url}/voice/gradio_api/queue/join"
    ).status


def is_out(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/voice/")
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=_ANSWERED)
    assert answers(visitor) == (401, 401)


def test_without_a_session_it_leads_to_the_sign_in(visitor: Visitor) -> None:
    is_out(visitor)


def test_one_sign_in_opens_it_and_signing_out_closes_it(visitor: Visitor, enter: Callable[[], str]) -> None:
    enter()
    visitor.page.goto(f"{visitor.url}/voice")
    box = visitor.page.get_by_role("textbox").first
    box.fill("Tell me a joke about cats")
    box.press("Enter")
    expect(visitor.page.locator(".message.bot, .bot.message").last).to_contain_text(
        "no language model is connected", timeout=_ANSWERED
    )
    assert visitor.outside() == []
    other = visitor.context.new_page()
    other.goto(visitor.url)
    other.locator(".st-key-shell_sign_out").get_by_role("button").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible(timeout=_ANSWERED)
    is_out(visitor)


def test_a_disabled_person_is_out_at_once(visitor: Visitor, enter: Callable[[], str], admin: httpx.Client) -> None:
    user = enter()
    assert answers(visitor)[0] == httpx.codes.OK
    admin.patch(f"/users/{user}", json={"status": "disabled"}).raise_for_status()
    is_out(visitor)


_SAID = HEARD[ENGLISH][1]
_BOT = ".message.bot, .bot.message"


@pytest.fixture
def refunds(admin: httpx.Client) -> None:
    """A document that answers what is asked."""
    text = b"Refunds take five working days. They are paid to the card that was used."
    made = admin.post("/documents", files={"file": ("Refunds.txt", text)}, data={"collection": "documents"}).json()
    until = time.monotonic() + 60
    while admin.get(f"/documents/{made['document_id']}").json()["stage"] != "ready":
        assert time.monotonic() < until
        time.sleep(0.1)


def open_voice(visitor: Visitor, language: str = "en") -> Page:
    visitor.page.goto(f"{visitor.url}/voice/?lang={language}")
    expect(visitor.page.locator("#recording")).to_be_visible(timeout=_ANSWERED)
    return visitor.page


def record(page: Page) -> None:
    """Two seconds; the language is said, so that a part of the recording is heard as the whole."""
    page.get_by_role("radio", name="English").check()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#recording")).to_contain_text(re.compile("0:0[2-9]"), timeout=_ANSWERED)
    page.get_by_role("button", name="Stop", exact=True).first.click()


@pytest.mark.usefixtures("refunds")
def test_what_is_said_is_written_down_corrected_answered_and_read_aloud(
    visitor: Visitor, enter: Callable[[], str], speech: SpeechServer, product: Product
) -> None:
    enter()
    page = open_voice(visitor)
    record(page)
    box = page.locator("#words textarea")
    expect(box).to_have_value(_SAID, timeout=_ANSWERED)
    box.fill("How long do refunds take to the card?")
    page.get_by_role("checkbox", name="Read answers aloud").check()
    box.press("Enter")
    answer = page.locator(_BOT).last
    expect(answer).to_contain_text("Refunds take five working days", timeout=_ANSWERED)
    expect(answer).to_contain_text("[1] Refunds")
    expect(page.locator("#status")).to_contain_text("Read aloud by ElevenLabs", timeout=_ANSWERED)
    ((path, asked),) = speech.script.requests
    assert path.startswith("/v1/text-to-speech/")
    assert "Refunds take five working days" in asked["text"]
    assert "[1]" not in asked["text"]
    assert visitor.outside() == []
    assert [one for one in (product.var / "recordings").rglob("*") if one.is_file()] == []
    page.goto(f"{visitor.url}/assistant")
    expect(page.get_by_text("How long do refunds take to the card?").first).to_be_visible(timeout=_ANSWERED)


def test_a_recording_can_be_sent_at_once(visitor: Visitor, enter: Callable[[], str]) -> None:
    enter()
    page = open_voice(visitor)
    page.get_by_role("checkbox", name="Send at once").check()
    record(page)
    expect(page.locator(_BOT).last).to_be_visible(timeout=_ANSWERED)
    expect(page.locator(".message.user, .user.message").last).to_contain_text(_SAID)
    expect(page.locator("#words textarea")).to_have_value("")


def test_a_file_in_which_nobody_speaks_says_so_in_the_chosen_language(
    visitor: Visitor, enter: Callable[[], str], tmp_path: Path
) -> None:
    enter()
    silent = tmp_path / "silent.wav"
    silent.write_bytes(recordings.silence(1))
    page = open_voice(visitor, "ru")
    expect(page.locator("#recording")).to_contain_text("Говорите или перетащите запись")
    page.locator("#recording button[aria-label]").nth(-2).click()  # a file, not the microphone
    page.locator("#recording input[type=file]").set_input_files(silent)
    expect(page.locator("#status")).to_contain_text("Nothing was heard", timeout=_ANSWERED)
    assert visitor.outside() == []
