"""The outbox and its way over SMTP, against a server that speaks the protocol."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.entities.people import Letter
from core.errors import Conflict, StartupError
from tests.servers.smtp import SmtpServer
from tests.services.conftest import House

Houses = Callable[..., House]


def write(house: House, *recipients: str, subject: str = "Привет", body: str = "Строка\n.точка\n") -> None:
    with house.db.begin() as tx:
        for recipient in recipients:
            house.mail.queue(tx, recipient, subject, body)


def outbox(house: House) -> list[Letter]:
    with house.db.begin() as tx:
        return tx.outbox.recent(limit=100, offset=0)


def sending(make_house: Houses, url: str) -> House:
    return make_house(smtp_url=SecretStr(url), mail_from="Nichewise <nichewise@example.com>")


def test_without_a_server_mail_waits_for_administrators_to_read(house: House) -> None:
    write(house, "ann@example.com")
    assert house.mail.deliver() == 0
    (letter,) = house.mail.list(house.admin())
    assert (letter.recipient, letter.subject, letter.status) == ("ann@example.com", "Привет", "waiting")


def test_a_letter_is_sealed_at_rest(house: House) -> None:
    write(house, "ann@example.com", subject="Subject", body="Body")
    with house.db.begin() as tx:
        row = tx.connection.execute(text("SELECT recipient_sealed, subject_sealed, body_sealed FROM outbox")).one()
    assert not [value for value in row if b"ann@" in value or b"Subject" in value or b"Body" in value]


def test_a_letter_is_not_sent_when_what_caused_it_fails(house: House) -> None:
    def write_and_fail() -> None:
        with house.db.begin() as tx:
            house.mail.queue(tx, "ann@example.com", "Subject", "Body")
            raise Conflict

    with pytest.raises(Conflict):
        write_and_fail()
    assert outbox(house) == []


def test_waiting_letters_arrive_whole_over_one_connection_and_forget_their_text(
    make_house: Houses, smtp: SmtpServer
) -> None:
    house = sending(make_house, smtp.url)
    write(house, "ann@example.com", "bob@example.com", subject="Привет,\r\nBcc: eve@example.com")
    assert house.mail.deliver() == 2
    assert house.mail.deliver() == 0
    first, second = smtp.messages
    assert [first["To"], second["To"]] == ["ann@example.com", "bob@example.com"]
    assert first["Subject"] == "Привет, Bcc: eve@example.com"
    assert first["Bcc"] is None
    assert first["From"] == "Nichewise <nichewise@example.com>"
    assert first.get_content().splitlines() == ["Строка", ".точка"]
    assert smtp.connections == 1
    assert {(letter.status, letter.body) for letter in outbox(house)} == {("sent", "")}


def test_the_server_is_told_user_and_password(make_house: Houses, smtp: SmtpServer) -> None:
    smtp.script.credentials = ("user@x", "p@ss:word")
    house = sending(make_house, smtp.url_as("user%40x", "p%40ss%3Aword"))
    write(house, "ann@example.com")
    assert house.mail.deliver() == 1


def test_a_wrong_password_is_counted_once_and_not_written_down(make_house: Houses, smtp: SmtpServer) -> None:
    smtp.script.credentials = ("user", "right")
    house = sending(make_house, smtp.url_as("user", "wrong-secret"))
    write(house, "ann@example.com", "bob@example.com")
    assert house.mail.deliver() == 0
    tried = [letter for letter in outbox(house) if letter.attempts]
    assert [(letter.attempts, letter.status) for letter in tried] == [(1, "waiting")]
    assert tried[0].error.startswith("535")
    assert "wrong-secret" not in tried[0].error


def test_a_refused_recipient_does_not_keep_the_others(make_house: Houses, smtp: SmtpServer) -> None:
    smtp.script.refuse_once = {"ann@example.com"}
    house = sending(make_house, smtp.url)
    write(house, "ann@example.com", "bob@example.com")
    assert house.mail.deliver() == 1
    refused = next(letter for letter in outbox(house) if letter.recipient == "ann@example.com")
    assert (refused.attempts, refused.error) == (1, "550 no such mailbox")


def test_a_failed_letter_is_tried_again_later_and_later(make_house: Houses, smtp: SmtpServer) -> None:
    smtp.script.refuse_once = {"ann@example.com"}
    house = sending(make_house, smtp.url)
    write(house, "ann@example.com")
    assert house.mail.deliver() == 0
    assert house.mail.deliver() == 0
    assert outbox(house)[0].attempts == 1
    house.later(timedelta(minutes=1), "outbox", "created_at")
    assert house.mail.deliver() == 1


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "DATA"])
def test_a_line_that_goes_dead_loses_nothing(make_house: Houses, smtp: SmtpServer, step: str) -> None:
    smtp.script.drop = step
    house = sending(make_house, smtp.url)
    write(house, "ann@example.com", "bob@example.com")
    assert house.mail.deliver() == 0
    assert sorted(letter.attempts for letter in outbox(house)) == [0, 1]
    smtp.script.drop = ""
    house.later(timedelta(minutes=1), "outbox", "created_at")
    assert house.mail.deliver() == 2


def test_a_letter_is_given_up_after_eight_tries(make_house: Houses, smtp: SmtpServer) -> None:
    smtp.script.answers = {"DATA": "451 later"}
    house = sending(make_house, smtp.url)
    write(house, "ann@example.com")
    for _ in range(8):
        house.mail.deliver()
        house.later(timedelta(days=1), "outbox", "created_at")
    (letter,) = outbox(house)
    assert (letter.status, letter.attempts, letter.error) == ("failed", 8, "451 later")
    smtp.script.answers = {}
    assert house.mail.deliver() == 0


def test_two_workers_send_each_letter_once(make_house: Houses, smtp: SmtpServer) -> None:
    house = sending(make_house, smtp.url)
    write(house, *(f"person{n}@example.com" for n in range(20)))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: house.mail.deliver(), range(4))) == 20
    assert len({message["To"] for message in smtp.messages}) == len(smtp.messages) == 20


def test_a_server_that_is_not_there_leaves_mail_waiting(make_house: Houses) -> None:
    house = sending(make_house, "smtp://127.0.0.1:9")
    write(house, "ann@example.com")
    assert house.mail.deliver() == 0
    assert outbox(house)[0].error.startswith("ConnectionRefusedError")


def test_an_address_of_another_kind_is_explained(make_house: Houses) -> None:
    house = sending(make_house, "mail.example.com:25")
    with pytest.raises(StartupError, match="NICHEWISE_SMTP_URL must look like"):
        house.mail.deliver()
