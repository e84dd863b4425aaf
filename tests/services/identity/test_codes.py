"""One-time codes: what they are worth, for how long, how often, and what nobody can learn from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.entities.people import Client
from core.errors import BadInput, NichewiseError, TooMany, WrongCode
from tests.servers.smtp import SmtpServer
from tests.services.conftest import CLIENT, House

EMAIL = "bob@example.com"
MINUTE = timedelta(minutes=1)


def mailed_code(house: House, nth: int = -1) -> str:
    found = re.search(r"\b\d{6}\b", house.letters()[nth][2])
    assert found
    return found[0]


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def sent(house: House, email: str = EMAIL) -> str:
    house.codes.send(email, "en", CLIENT)
    return mailed_code(house)


def wait(house: House, by: timedelta) -> None:
    house.later(by, "one_time_codes", "sent_at", "expires_at")


def test_the_mailed_code_proves_the_mailbox_once(house: House) -> None:
    code = sent(house, " Bob@Example.com ")
    assert house.codes.verify(EMAIL, f"{code[:3]} {code[3:]}", CLIENT)
    with pytest.raises(WrongCode):
        house.codes.verify(EMAIL, code, CLIENT)


def test_the_same_code_used_at_once_succeeds_once(house: House) -> None:
    code = sent(house)

    def use(_: int) -> bool:
        try:
            return bool(house.codes.verify(EMAIL, code, CLIENT))
        except WrongCode:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_five_wrong_tries_end_a_code_also_when_they_come_at_once(house: House) -> None:
    code = sent(house)

    def miss(_: int) -> None:
        with pytest.raises(WrongCode):
            house.codes.verify(EMAIL, another(code), CLIENT)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(miss, range(5)))
    with pytest.raises(WrongCode):
        house.codes.verify(EMAIL, code, CLIENT)


def test_four_wrong_tries_leave_one(house: House) -> None:
    code = sent(house)
    for _ in range(4):
        with pytest.raises(WrongCode):
            house.codes.verify(EMAIL, another(code), CLIENT)
    assert house.codes.verify(EMAIL, code, CLIENT)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "123 45x", "1" * 100_000])
def test_what_is_no_code_is_said_and_costs_no_try(house: House, typed: str) -> None:
    code = sent(house)
    for _ in range(6):
        with pytest.raises(BadInput, match="6 digits"):
            house.codes.verify(EMAIL, typed, CLIENT)
    assert house.codes.verify(EMAIL, code, CLIENT)


def test_a_code_lasts_ten_minutes(house: House) -> None:
    code = sent(house)
    wait(house, 10 * MINUTE + timedelta(seconds=1))
    with pytest.raises(WrongCode):
        house.codes.verify(EMAIL, code, CLIENT)


def test_another_code_comes_after_sixty_seconds_and_ends_the_first(house: House) -> None:
    first = sent(house)
    with pytest.raises(TooMany, match="Ask for another one in") as refused:
        house.codes.send(EMAIL, "en", CLIENT)
    assert 55 <= refused.value.values["seconds"] <= 60
    wait(house, MINUTE)
    second = sent(house)
    if first != second:
        with pytest.raises(WrongCode):
            house.codes.verify(EMAIL, first, CLIENT)
    assert house.codes.verify(EMAIL, second, CLIENT)


def test_two_who_ask_at_once_get_one_code(house: House) -> None:
    def ask(_: int) -> bool:
        try:
            return bool(house.codes.send(EMAIL, "en", CLIENT))
        except TooMany:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 1
    assert len(house.letters()) == 1


def test_an_address_gets_five_codes_an_hour_at_most(house: House) -> None:
    for _ in range(5):
        sent(house)
        wait(house, MINUTE)
    with pytest.raises(TooMany):
        sent(house)
    assert len(house.letters()) == 5


def test_one_origin_may_neither_ask_nor_guess_without_end(house: House) -> None:
    elsewhere = Client("198.51.100.9")
    with house.db.begin() as tx:
        tx.rates.hit(f"codes-from:{elsewhere.ip}", timedelta(hours=1), 60)
        tx.rates.hit(f"codes-tried:{elsewhere.ip}", timedelta(minutes=10), 120)
    with pytest.raises(TooMany):
        house.codes.send(EMAIL, "en", elsewhere)
    with pytest.raises(TooMany):
        house.codes.verify(EMAIL, "123456", elsewhere)
    assert house.codes.send(EMAIL, "en", CLIENT)


def test_nothing_tells_a_known_address_from_an_unknown_one(house: House) -> None:
    """Every answer to the caller, from asking to the sixth wrong code, and to asking again."""
    house.person("ann@example.com")

    def story(email: str) -> list[str]:
        said = [str(house.codes.send(email, "en", CLIENT))]
        for act in [lambda: house.codes.verify(email, "000000", CLIENT)] * 6 + [
            lambda: house.codes.send(email, "en", CLIENT)
        ]:
            try:
                said.append(str(act()))
            except NichewiseError as error:
                said.append(f"{type(error).__name__} {error.template}")
        return said

    assert story("ann@example.com") == story("nobody@example.com")
    (known, _, hint), (unknown, _, code) = house.letters()
    assert (known, unknown) == ("ann@example.com", "nobody@example.com")
    assert "which has an account already" in hint
    assert not re.search(r"\b\d{6}\b", hint)
    assert re.search(r"\b\d{6}\b", code)


def test_a_code_nobody_asked_for_proves_nothing(house: House) -> None:
    with pytest.raises(WrongCode):
        house.codes.verify(EMAIL, "123456", CLIENT)


def test_neither_code_nor_proof_is_stored_or_logged(house: House) -> None:
    code = sent(house)
    proof = house.codes.verify(EMAIL, code, CLIENT)
    with house.db.begin() as tx:
        rows = str(tx.connection.execute(text("SELECT * FROM one_time_codes")).all())
        log = str(tx.audit.recent())
    assert code not in rows + log
    assert proof not in rows + log


def test_a_code_goes_out_by_smtp_and_its_letter_is_emptied(make_house: Callable[..., House], smtp: SmtpServer) -> None:
    house = make_house(smtp_url=SecretStr(smtp.url))
    house.codes.send(EMAIL, "ru", CLIENT)
    with house.db.begin() as tx:
        assert tx.jobs.waiting("deliver_mail") == 1
    assert house.mail.deliver() == 1
    (message,) = smtp.messages
    code = re.search(r"\b\d{6}\b", message.get_content())
    assert code
    assert message["Subject"] == "Ваш одноразовый код"
    assert house.letters()[0][2] == ""
    assert house.codes.verify(EMAIL, code[0], CLIENT)


def test_codes_that_ran_out_are_taken_away_at_night(house: House) -> None:
    sent(house)
    wait(house, 11 * MINUTE)
    with house.db.begin() as tx:
        assert tx.codes.prune() == 1
