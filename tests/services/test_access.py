"""Every reader x every kind of document x every path to it; why; and what looking as another person shows."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from core.entities.access import Rule
from core.entities.corpora import Document
from core.entities.messages import Action, MessageStatus, Usage
from core.entities.people import Principal
from core.entities.retrieval import Citation
from core.errors import BadInput, Forbidden, NichewiseError, NotFound
from core.roles import Role
from data.stores.messages import NewMessage, Written
from services.container import Services
from tests import samples
from tests.desk import Desk

WORDS = {
    "everybody": "Apricots ripen in the valley during summer.",
    "analysts": "Bananas travel by ship across the ocean.",
    "named": "Cherries are picked by hand at dawn.",
    "mine": "Dates are dried upon the roofs of houses.",
    "elsewhere": "Elderberries grow behind the closed gate.",
}
QUESTIONS = {
    "everybody": "apricots",
    "analysts": "bananas",
    "named": "cherries",
    "mine": "dates",
    "elsewhere": "elderberries",
}
EXPECTED: dict[str, set[str]] = {
    "guest": set(),
    "sales": {"everybody"},
    "friend": {"everybody", "named"},
    "owner": {"everybody", "analysts", "named", "mine"},
    "analyst": {"everybody", "analysts"},
    "admin": set(WORDS),
}


@dataclass
class Town:
    """People, and a document of each kind; `elsewhere` is in a collection for administrators and one named person."""

    services: Services
    people: dict[str, Principal]
    documents: dict[str, Document] = field(default_factory=dict)
    talks: dict[str, UUID] = field(default_factory=dict)

    def where(self, name: str) -> str:
        return "closed" if name == "elsewhere" else "documents"


@pytest.fixture
def town(services: Services, model: None) -> Town:
    desk = Desk(services)
    people = {"guest": desk.guest, "sales": desk.sales, "analyst": desk.analyst, "admin": desk.admin}
    people |= {name: desk.person(Role.SALES, name) for name in ("friend", "owner")}
    town = Town(services, people)
    with services.db.begin() as tx:
        documents = tx.collections.named("documents")
        assert documents
        tx.collections.ensure("closed", "Closed", documents.kind, documents.version.fingerprint)
    for name, words in WORDS.items():
        who = desk.admin if name == "elsewhere" else people["owner"]
        town.documents[name] = desk.index(who, samples.pdf([[words]]), f"{name}.pdf", town.where(name))
    set_document = services.access.set_document
    set_document(people["owner"], town.documents["analysts"].id, [Role.ANALYST])
    set_document(people["owner"], town.documents["named"].id, [], ["FRIEND@example.com "])
    set_document(people["owner"], town.documents["mine"].id, [])
    town.talks = {person: _told_of_all(town, who) for person, who in people.items()}
    return town


def _told_of_all(town: Town, who: Principal) -> UUID:
    """A conversation of theirs whose answer cites every document, from a time when they could read all of them."""
    owner = who if who.user_id else Principal(Role.GUEST, guest_id=uuid4())
    if not who.user_id:
        town.people["guest"] = owner
    cited = tuple(
        Citation(n, uuid4(), document.id, 1, document.title, 1, WORDS[name])
        for n, (name, document) in enumerate(town.documents.items(), start=1)
    )
    done, by = (MessageStatus.COMPLETE, Action.ANSWER), "extractive"
    with town.services.db.begin() as tx:
        talk = tx.conversations.create(owner, "Fruit")
        answer = tx.messages.add(NewMessage(talk.id, "assistant", "", status=MessageStatus.WAITING))
        tx.messages.finish(answer, Written("Fruit [1].", *done, by, by, Usage(), 5, "", 0.9, cited, {}))
    return talk.id


# --- the paths --------------------------------------------------------------------------------------------------------


def _listed(town: Town, who: Principal, name: str) -> bool:
    found, _ = town.services.documents.list(who, collection=town.where(name))
    return town.documents[name].id in [one.id for one in found]


def _opened(town: Town, who: Principal, name: str) -> bool:
    town.services.documents.open(who, town.documents[name].id)[1].close()
    return True


def _drawn(town: Town, who: Principal, name: str) -> bool:
    return town.services.documents.page_image(who, town.documents[name].id, 1, WORDS[name]).startswith(b"\x89PNG")


def _searched(town: Town, who: Principal, name: str) -> bool:
    found = town.services.search.search(who, town.where(name), QUESTIONS[name])
    return WORDS[name] in [one.text for one in found.passages]


def _answered_from(town: Town, who: Principal, name: str) -> bool:
    found = town.services.search.for_answer(who, town.where(name), QUESTIONS[name], 5)
    return WORDS[name] in [one.text for one in found.passages]


def _cited(town: Town, who: Principal, name: str) -> bool:
    (message,) = town.services.conversations.messages(who, town.talks[_name(town, who)])
    return WORDS[name] in [one.text for one in message.citations]


def _exported(town: Town, who: Principal, name: str) -> bool:
    made = town.services.transcripts.export(who, town.talks[_name(town, who)], "md", "en")
    return WORDS[name] in made.content.decode()


def _by_key(town: Town, who: Principal, name: str) -> bool:
    _key, secret = town.services.keys.create(who, "CI")
    return _searched(town, town.services.sessions.resolve_bearer(secret), name)


def _name(town: Town, who: Principal) -> str:
    return next(name for name, one in town.people.items() if one == who)


PATHS: tuple[Callable[[Town, Principal, str], bool], ...] = (
    _listed, _opened, _drawn, _searched, _answered_from, _cited, _exported, _by_key,
)  # fmt: skip


def _reads(town: Town, path: Callable[[Town, Principal, str], bool], person: str) -> set[str]:
    """What the person gets to by this path; a refusal is not getting to it."""

    def gets(name: str) -> bool:
        try:
            return path(town, town.people[person], name)
        except NichewiseError:
            return False

    return {name for name in WORDS if gets(name)}


def test_everybody_reads_what_they_may_by_every_path_and_nothing_else(town: Town) -> None:
    got = {(person, path.__name__): _reads(town, path, person) for person in town.people for path in PATHS}
    assert got == {(person, path.__name__): EXPECTED[person] for person in town.people for path in PATHS}


def test_the_explanation_says_what_the_paths_do(town: Town) -> None:
    admin, explain = town.people["admin"], town.services.access.explain_document
    told = {
        person: {name for name, one in town.documents.items() if explain(admin, who.user_id, one.id).allowed}
        for person, who in town.people.items()
        if who.user_id
    }
    assert told == {person: names for person, names in EXPECTED.items() if person != "guest"}


def test_looking_as_somebody_shows_what_they_see(town: Town) -> None:
    access, admin = town.services.access, town.people["admin"]
    for person in ("sales", "friend", "owner", "analyst"):
        user_id = town.people[person].user_id
        assert user_id
        listed, _ = access.documents_as(admin, user_id, "documents")
        found = {
            name
            for name in WORDS
            if name != "elsewhere"
            and WORDS[name]
            in [one.text for one in access.search_as(admin, user_id, "documents", QUESTIONS[name]).passages]
        }
        assert {one.title for one in listed} == {town.documents[name].title for name in EXPECTED[person]}
        assert found == EXPECTED[person]
        with pytest.raises(NotFound):
            access.search_as(admin, user_id, "closed", "elderberries")


# --- why --------------------------------------------------------------------------------------------------------------


RULES = {
    ("sales", "everybody"): ((Rule.ROLE,), (Rule.INHERITED,)),
    ("sales", "analysts"): ((Rule.ROLE,), ()),
    ("analyst", "analysts"): ((Rule.ROLE,), (Rule.ROLE,)),
    ("friend", "named"): ((Rule.ROLE,), (Rule.PERSON,)),
    ("owner", "mine"): ((Rule.ROLE,), (Rule.OWNER,)),
    ("sales", "elsewhere"): ((), (Rule.INHERITED,)),
    ("admin", "mine"): ((Rule.ADMINISTRATOR, Rule.ROLE), (Rule.ADMINISTRATOR,)),
}


def test_the_rule_that_grants_or_denies_is_named(town: Town) -> None:
    def rules(person: str, name: str) -> tuple[object, object]:
        user_id = town.people[person].user_id
        assert user_id
        why = town.services.access.explain_document(town.people["admin"], user_id, town.documents[name].id)
        return why.collection, why.document

    assert {asked: rules(*asked) for asked in RULES} == RULES


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_change_acts_at_once_and_makes_kept_answers_void(town: Town) -> None:
    access, sales, document = town.services.access, town.people["sales"], town.documents["everybody"]

    def revision() -> int:
        with town.services.db.begin() as tx:
            return tx.collections.revision(document.collection_id)

    assert _searched(town, sales, "everybody")
    before = revision()
    access.set_document(town.people["owner"], document.id, [Role.ANALYST])
    assert not any(path(town, sales, "everybody") for path in (_listed, _searched, _cited))
    assert revision() > before
    access.set_document(town.people["owner"], document.id, None)
    assert _searched(town, sales, "everybody")
    access.set_collection(town.people["admin"], "documents", [Role.ANALYST], [town.people["friend"].email])
    with pytest.raises(NotFound):
        _searched(town, sales, "everybody")
    assert _searched(town, town.people["friend"], "everybody")
    assert not _cited(town, sales, "everybody")


def test_a_person_who_is_named_reads_a_collection_that_is_closed_to_their_role(town: Town) -> None:
    access, friend = town.services.access, town.people["friend"]
    assert "closed" not in [one.name for one in town.services.collections.list(friend)]
    access.set_collection(town.people["admin"], "closed", [], [friend.email])
    assert "closed" in [one.name for one in town.services.collections.list(friend)]
    assert _searched(town, friend, "elsewhere")
    assert not _reads(town, _searched, "analyst") & {"elsewhere"}


def test_a_document_never_widens_its_collection(town: Town) -> None:
    admin, document = town.people["admin"], town.documents["elsewhere"]
    town.services.access.set_document(admin, document.id, [Role.SALES], [town.people["friend"].email])
    assert "elsewhere" not in _reads(town, _opened, "sales") | _reads(town, _opened, "friend")


def test_a_new_version_is_read_by_those_who_read_the_old_one(town: Town) -> None:
    desk_owner = town.people["owner"]
    upload = town.services.documents.upload
    changed = samples.pdf([["Dates are dried in ovens."]])
    made = upload(desk_owner, "mine.pdf", io.BytesIO(changed)).document
    town.services.ingestion.run(made.id)
    assert made.version == 2
    with pytest.raises(NotFound):
        town.services.documents.get(town.people["sales"], made.id)
    assert town.services.access.of_document(desk_owner, made.id).roles == ()


def test_only_its_owner_and_administrators_say_who_reads_a_document(town: Town) -> None:
    access, document, admin_id = town.services.access, town.documents["everybody"], town.people["admin"].user_id
    assert admin_id
    forbidden: tuple[Callable[[Principal], object], ...] = (
        lambda who: access.set_document(who, document.id, []),
        lambda who: access.of_document(who, document.id),
        lambda who: access.set_collection(who, "documents", []),
        lambda who: access.explain_document(who, admin_id, document.id),
        lambda who: access.collections_as(who, admin_id),
        lambda who: access.search_as(who, admin_id, "documents", "x"),
        access.people,
    )
    for person in ("sales", "analyst", "friend"):
        for act in forbidden:
            with pytest.raises(Forbidden):
                act(town.people[person])


def test_somebody_who_is_not_here_cannot_be_named(town: Town) -> None:
    access, document = town.services.access, town.documents["everybody"]
    with pytest.raises(BadInput, match=r"nobody@example\.com"):
        access.set_document(town.people["owner"], document.id, [], ["nobody@example.com"])
    assert access.of_document(town.people["owner"], document.id).roles is None
    with pytest.raises(NotFound):
        access.collections_as(town.people["admin"], uuid4())


def test_what_is_a_persons_alone_is_not_seen_through_their_eyes(town: Town) -> None:
    friend, admin = town.people["friend"], town.people["admin"]
    desk_upload = town.services.documents.upload
    desk_upload(friend, "diary.txt", io.BytesIO(b"Dear diary"), "my-documents")
    assert friend.user_id
    seen = town.services.access.collections_as(admin, friend.user_id)
    assert [one.name for one in seen] == ["analytics", "documents", "faq"]
    with pytest.raises(NotFound):
        town.services.access.documents_as(admin, friend.user_id, "my-documents")


def test_looking_as_somebody_is_kept_in_the_audit_log_once(town: Town) -> None:
    friend, admin, access = town.people["friend"], town.people["admin"], town.services.access
    assert friend.user_id
    for _ in range(3):
        access.collections_as(admin, friend.user_id)
        access.search_as(admin, friend.user_id, "documents", "apricots")
    kept = town.services.audit.list(admin, action="access.view_as")
    assert [(entry.actor, entry.object_id) for entry in kept] == [(admin.email, str(friend.user_id))]
