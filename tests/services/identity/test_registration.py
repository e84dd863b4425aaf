"""The funnel of a guest, message by message: the scenario decides, the services carry out, nothing else is involved."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.entities.people import Principal, UserStatus
from core.entities.retrieval import Retrieval
from core.errors import NotFound
from core.roles import Role
from core.settings import Settings
from scenarios.base import Reply, Turn, Writing
from scenarios.registration import CREATE, SCENARIO
from scenarios.tools import Article, Figures, Found, Shelf, Tables
from services.container import Services
from services.identity.registration import Registration
from tests.niches.world import import_file
from tests.services.conftest import CLIENT, House
from tests.services.identity.test_codes import another, mailed_code

PASSWORD = "a long passphrase"
NICHES = """code,niche,niche_ru,sector,region,employees
A,Bakery,Пекарня,Food,,10
B,Car wash,Автомойка,Cars,,40
C,Coffee shop,Кофейня,Food,,20
D,Coffee roasting,Обжарка кофе,Food,,12
""".encode()


class NoArticles:
    """The tools of a guest in a house without FAQ articles."""

    @property
    def tables(self) -> Tables:
        raise NotFound

    @property
    def shelf(self) -> Shelf:
        raise NotFound

    def faq_search(self, query: str, n: int = 5, last_article_id: str = "") -> Sequence[Article]:
        return ()

    def faq_get_by_id(self, article_id: str) -> tuple[Article, Retrieval] | None:
        return None

    def analytics_titles_search(self, query: str, n: int = 25) -> Sequence[Found]:
        return ()

    def analytics_titles_random(self, n: int = 5) -> Sequence[Found]:
        return ()

    def analytics_search(self, query: str) -> Figures:
        return Figures("")

    def analytics_followed(self, question: str, before: str) -> str:
        return question

    def analytics_get_by_niche(self, niche: str, region: str = "") -> Figures | None:
        return None

    def read_scenario(self, path: str) -> str:
        raise NotFound


class Guest:
    """Somebody in front of the chat; what is kept of the conversation survives as JSON between messages."""

    def __init__(self, house: House, registration: Registration, language: str = "en") -> None:
        self.house, self.registration, self.language = house, registration, language
        self.who = Principal(Role.GUEST, guest_id=uuid4(), ip=CLIENT.ip)
        with house.db.begin() as tx:
            self.conversation: UUID = tx.conversations.create(self.who, "Register").id
        self.state = "{}"
        self.last = Reply("")

    def say(self, text: str = "", *, picked: str = "", **form: str) -> Reply:
        turn = Turn(
            text or "…",
            self.language,
            state=json.loads(self.state),
            picked=picked,
            form=form,
            model=False,
            guest=True,
        )
        reply = self._asked(turn)
        if reply.state is not None:
            self.state = json.dumps(reply.state)
        self.last = reply
        return reply

    def pick(self, label: str) -> Reply:
        choice = next(one for one in self.last.choices if one.label == label)
        return self.say(choice.message, picked=choice.value)

    def _asked(self, turn: Turn) -> Reply:
        outcomes: list[object] = []
        while True:
            turn = Turn(**{name: getattr(turn, name) for name in turn.__slots__} | {"outcomes": tuple(outcomes)})
            reply = SCENARIO.open(turn, NoArticles())
            assert isinstance(reply, Reply)
            if not reply.intents:
                return reply
            outcomes += [
                self.registration.carriers[one.name](self.who, self.conversation, one) for one in reply.intents
            ]

    @property
    def form(self) -> list[str]:
        return [field["name"] for field in self.last.fields.get("form", ())]


@pytest.fixture
def niches(services: Services) -> Services:
    assert import_file(services, "niches.csv", NICHES).status == "done"
    return services


@pytest.fixture
def make_guest(make_house: Callable[..., House], niches: Services) -> Callable[..., Guest]:
    def make(language: str = "en", **changes: object) -> Guest:
        house = make_house(**changes)
        return Guest(house, Registration(house.db, house.codes, house.enrolment, niches.niche_catalogue), language)

    return make


def to_details(guest: Guest, email: str = "bob@example.com") -> None:
    guest.say("I want to register")
    guest.say(email=email, consent="true")
    guest.say(code=mailed_code(guest.house))


def user(house: House, email: str = "bob@example.com"):  # type: ignore[no-untyped-def]
    with house.db.begin() as tx:
        found = tx.users.by_email(email)
        return found, tx.profiles.of(found.id) if found else None


def test_by_forms_alone_to_a_pending_account(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    assert guest.say("I want to register").stage == 1
    assert guest.form == ["email", "consent"]
    guest.say(email="Bob@Example.com", consent="true")
    assert guest.form == ["code"]
    assert guest.say(code=mailed_code(guest.house)).stage == 2
    assert guest.form == ["name", "city", "niche"]
    guest.say(name="Bob Brown", city="Kazan", niche="bakery")
    assert guest.form == ["password", "again"]
    done = guest.say(password=PASSWORD, again=PASSWORD)
    assert (done.stage, done.fields["account"], done.state) == (3, "pending", {})
    assert "an administrator has to approve" in done.reply
    found, profile = user(guest.house)
    assert (found.name, found.status, found.role) == ("Bob Brown", UserStatus.PENDING, Role.SALES)
    assert profile.city == "Kazan"
    assert profile.niche == done.fields["niche"] != ""
    assert profile.proven_at


def test_by_words_alone_in_russian_to_an_active_account(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest("ru", allowed_email_domains=("example.com",))
    assert "адрес" in guest.say("Хочу зарегистрироваться").reply
    guest.say("моя почта boris@example.com")
    assert "Согласны" in guest.last.reply
    guest.say("да, согласен")
    guest.say(f"вот код {mailed_code(guest.house)}")
    assert guest.last.stage == 2
    guest.say("Меня зовут Борис Белов")
    assert "город" in guest.last.reply
    guest.say("из Самары")
    guest.say("без понятия, кофе")
    assert {choice.label for choice in guest.last.choices} >= {"Без ниши"}
    guest.say("пропустить")
    assert guest.form == ["password", "again"]
    done = guest.say(password=PASSWORD, again=PASSWORD)
    assert done.fields["account"] == "active"
    found, _ = user(guest.house, "boris@example.com")
    assert (found.name, found.status, found.locale) == ("Борис Белов", UserStatus.ACTIVE, "ru")


def test_who_may_enter_at_once_does_so_from_this_browser_once_and_the_conversation_is_theirs(
    make_guest: Callable[..., Guest],
) -> None:
    guest = make_guest(allowed_email_domains=("example.com",))
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="")
    guest.say(password=PASSWORD, again=PASSWORD)
    stranger = Principal(Role.GUEST, guest_id=uuid4())
    with pytest.raises(NotFound):
        guest.registration.enter(stranger, guest.conversation)
    entered = guest.registration.enter(guest.who, guest.conversation)
    assert entered.email == "bob@example.com"
    me = Principal(Role.SALES, user_id=entered.id)
    with guest.house.db.begin() as tx:
        assert tx.conversations.find(me, guest.conversation).owner_id == entered.id
    with pytest.raises(NotFound):
        guest.registration.enter(guest.who, guest.conversation)


def test_who_waits_cannot_enter_and_finds_the_conversation_at_the_first_sign_in(
    make_guest: Callable[..., Guest],
) -> None:
    guest = make_guest()
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="")
    guest.say(password=PASSWORD, again=PASSWORD)
    with pytest.raises(NotFound):
        guest.registration.enter(guest.who, guest.conversation)
    found, _ = user(guest.house)
    guest.house.people.approve(guest.house.admin(), found.id)
    guest.house.accounts.sign_in("bob@example.com", PASSWORD, CLIENT)
    with guest.house.db.begin() as tx:
        assert tx.conversations.find(Principal(Role.SALES, user_id=found.id), guest.conversation)


def test_entering_without_a_password_ends_after_ten_minutes(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest(allowed_email_domains=("example.com",))
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="")
    guest.say(password=PASSWORD, again=PASSWORD)
    guest.house.later(timedelta(minutes=11), "registrations", "at")
    with pytest.raises(NotFound):
        guest.registration.enter(guest.who, guest.conversation)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bob@gmial.com", "bob@gmail.com"),
        ("bob@yandx.ru", "bob@yandex.ru"),
        ("bob @ example . com", "bob@example.com"),
        ("bob(at)example.com", "bob@example.com"),
        ("bob@example,com", "bob@example.com"),
    ],
)
def test_a_typo_in_the_address_is_asked_about(make_guest: Callable[..., Guest], typed: str, meant: str) -> None:
    guest = make_guest()
    guest.say("register me")
    assert guest.say(f"my mail is {typed}").reply == f"Did you mean {meant}?"
    guest.pick(meant)
    guest.say("yes")
    assert guest.house.letters()[-1][0] == meant


def test_what_is_no_address_is_said_and_asked_again(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.say("register me")
    assert "not an e-mail address" in guest.say(email="nonsense", consent="true").reply
    assert guest.form == ["email", "consent"]
    assert guest.house.letters() == []


def test_without_consent_nothing_is_kept(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.say("register me, bob@example.com")
    assert guest.pick("I do not agree").state == {}
    assert guest.house.letters() == []
    guest.say("register me")
    guest.say(email="bob@example.com", consent="")
    assert guest.last.fields["step"] == "consent"
    assert guest.say("no").state == {}


@pytest.mark.parametrize("word", ["cancel", "Never mind!", "I changed my mind", "отмена", "передумал"])
def test_it_can_be_cancelled_at_any_time(make_guest: Callable[..., Guest], word: str) -> None:
    guest = make_guest()
    to_details(guest)
    assert guest.say(word).state == {}
    assert user(guest.house)[0] is None


def test_one_can_go_back_and_take_another_address(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.say("register me")
    guest.say(email="bob@example.com", consent="true")
    guest.say("back")
    assert guest.form == ["email", "consent"]
    guest.say("no wait, it is eve@example.com")
    guest.say("I agree")
    assert [to for to, _, _ in guest.house.letters()] == ["bob@example.com", "eve@example.com"]
    guest.say(code=mailed_code(guest.house))
    guest.say(name="Eve", city="Samara", niche="")
    assert guest.form == ["password", "again"]
    guest.say("back")
    assert guest.form == ["niche"]
    guest.say("back")
    assert guest.form == ["name", "city", "niche"]


def test_a_wrong_code_can_be_corrected_and_another_one_asked_for(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.say("register me")
    guest.say(email="bob@example.com", consent="true")
    first = mailed_code(guest.house)
    assert "This code is wrong" in guest.say(another(first)).reply
    assert "6 digits" in guest.say(code="12").reply
    assert "sent just now" in guest.pick("Send the code again").reply
    assert guest.form == ["code"]
    guest.house.later(timedelta(minutes=1), "one_time_codes", "sent_at")
    assert "A new code is on its way" in guest.say("I did not get the code").reply
    guest.say(f"{mailed_code(guest.house)}")
    assert guest.form == ["name", "city", "niche"]


def test_a_question_in_between_leads_back_to_the_step(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    for _ in range(2):
        guest.say("register me")
    assert guest.form == ["email", "consent"]
    guest.say(email="bob@example.com", consent="true")
    aside = guest.say("What is Nichewise for?")
    assert "Back to your registration: enter the six digits" in aside.reply
    assert guest.form == ["code"]
    guest.say(code=mailed_code(guest.house))
    assert guest.say("how do you use my name?").fields["step"] == "details"
    assert user(guest.house)[0] is None


def test_a_niche_that_is_not_clear_is_chosen_from_a_shortlist(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="coffee")
    labels = [choice.label for choice in guest.last.choices]
    assert {"Coffee shop", "Coffee roasting", "Without a niche"} <= set(labels)
    guest.pick("Coffee roasting")
    assert guest.form == ["password", "again"]
    done = guest.say(password=PASSWORD, again=PASSWORD)
    assert done.fields["niche_title"] == "Coffee roasting"
    assert "Coffee roasting" in done.reply


def test_a_weak_or_mistyped_password_is_asked_for_again_and_is_never_kept(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="")
    assert "at least 10 characters" in guest.say(password="short", again="short").reply
    assert "differ" in guest.say(password=PASSWORD, again="another").reply
    assert guest.form == ["password", "again"]
    assert PASSWORD not in guest.state + json.dumps(dict(guest.last.fields)) + guest.last.reply
    assert guest.say(password=PASSWORD, again=PASSWORD).fields["account"] == "pending"


def test_an_address_that_has_an_account_learns_nothing_and_its_owner_is_told(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.house.person("ann@example.com")
    guest.say("register me")
    known = guest.say(email="ann@example.com", consent="true")
    other = make_guest()
    other.say("register me")
    unknown = other.say(email="bob@example.com", consent="true")
    assert known.reply.replace("ann@", "bob@") == unknown.reply
    assert (known.fields, known.stage, known.choices) == (unknown.fields, unknown.stage, unknown.choices)
    assert "This code is wrong" in guest.say("123456").reply
    assert guest.house.letters()[0][:2] == ("ann@example.com", "You have an account already")


def test_a_proof_that_is_too_old_leads_back_to_the_code(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    to_details(guest)
    guest.say(name="Bob", city="Kazan", niche="")
    guest.house.later(timedelta(hours=1), "one_time_codes", "proof_expires_at", "sent_at")
    late = guest.say(password=PASSWORD, again=PASSWORD)
    assert "Too much time has passed" in late.reply
    assert guest.form == ["code"]
    guest.pick("Send the code again")
    guest.say(code=mailed_code(guest.house))
    assert guest.form == ["password", "again"]


def test_the_form_of_a_step_that_is_not_reached_does_nothing(make_guest: Callable[..., Guest]) -> None:
    guest = make_guest()
    guest.say("register me")
    assert guest.say(password=PASSWORD, again=PASSWORD).fields["step"] == "email"
    assert guest.say(name="Bob", city="Kazan", niche="").fields["step"] == "email"
    assert user(guest.house)[0] is None


@pytest.mark.parametrize(
    "typed", ["x" * 8_000, "<script>alert(1)</script>", "\u202e@\u202e", "'; DROP TABLE users; --"]
)
def test_hostile_input_gets_a_question_back(make_guest: Callable[..., Guest], typed: str) -> None:
    guest = make_guest()
    guest.say("register me")
    for form in ({"email": typed, "consent": "true"}, {"code": typed}, {"name": typed, "city": typed, "niche": typed}):
        assert guest.say(**form).reply
    to_details(guest)
    guest.say(name=typed, city=typed, niche=typed)
    assert guest.last.reply
    assert CREATE not in guest.last.reply


def test_who_is_signed_in_is_told_so(settings: Settings) -> None:
    reply = SCENARIO.open(Turn("register me", "en", guest=False), NoArticles())
    assert isinstance(reply, Reply)
    assert "have an account already" in reply.reply
    assert not isinstance(reply, Writing)
