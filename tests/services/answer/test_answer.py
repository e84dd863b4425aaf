"""The way of an answer: routing, the scenarios' own flows, kept answers, follow-ups, files, small talk, the trace."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.entities.corpora import Chunk, CollectionKind, Stage
from core.entities.guards import RoleLimit
from core.entities.messages import Action, Message
from core.entities.people import Principal, UserStatus
from core.entities.usage import Dimension
from core.errors import BadInput, NotFound
from core.roles import Role
from core.settings import Settings
from data.stores.documents import NewDocument
from services.chat.asking import Ask
from services.container import Services
from services.corpora.fingerprints import Fingerprints
from tests.servers.ollama import OllamaServer

STAFF = [Role.SALES, Role.ANALYST]
EVERYONE = [Role.GUEST, *STAFF]
UPLOAD = "Open the page Documents, choose a collection and drop the file there. Files of forty formats can be read."
RESET = "On the sign-in page choose Forgot password. A mail with a link comes within a minute."
LEAVE = "Every person at Oakline has 28 days of leave a year. Leave is asked for in the portal."


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url, "small_talk_per_conversation": 2})


class Room:
    def __init__(self, services: Services) -> None:
        self.services = services
        self.db, self.turns = services.db, services.turns
        self.documents: dict[str, UUID] = {}

    def collection(self, name: str, kind: CollectionKind, readers: list[Role], **texts: str) -> None:
        with self.db.begin() as tx:
            made = Fingerprints(self.services.settings).current()
            tx.collections.ensure(name, name.title(), kind, made, readers=readers)
        for title, text in texts.items():
            self.document(name, title, text)

    def document(self, collection: str, title: str, text: str, owner: Principal | None = None) -> UUID:
        with self.db.begin() as tx:
            found = tx.collections.find(owner, collection) if owner else tx.collections.named(collection)
            assert found
            name = title.replace("_", " ").capitalize()
            new = NewDocument(found.id, f"{title}.txt", "text/plain", title, 1, owner.user_id if owner else None, name)
            document = tx.documents.add(new)
            assert document
            tx.chunks.put(found.version.id, document, [Chunk(0, text, "", None, None, "en", 20)])
            tx.stages.advance([document], Stage.READY)
        self.documents[title] = document
        return document

    def person(self, role: Role = Role.SALES, email: str = "ann@example.com") -> Principal:
        with self.db.begin() as tx:
            user = tx.users.create(email, "Ann", role, UserStatus.ACTIVE, "x")
            tx.limits.set(RoleLimit(role, 1_000))
        assert user
        return Principal(role=role, user_id=user.id, email=email, name="Ann", locale="en")

    def ask(self, who: Principal, message: str, to: Message | None = None, **choice: Any) -> Message:
        conversation = to.conversation_id if to else None
        started = self.turns.start(who, Ask(message, conversation_id=conversation, **choice))
        *_, last = self.turns.follow(who, started.message_id)
        assert last.error is None, last.error
        assert last.message
        return last.message

    def press(self, who: Principal, message: Message, label: str) -> Message:
        choice = next(one for one in message.content.choices if one.label == label)
        return self.ask(who, choice.message, message, scenario=choice.scenario or None, picked=choice.value)

    def found(self, who: Principal, message: Message, step: str) -> Any:
        traced = self.turns.trace(who, message.id).step(step)
        return traced.found if traced else None


@pytest.fixture
def room(services: Services, model: None) -> Room:
    made = Room(services)
    made.collection(
        "faq", CollectionKind.FAQ, EVERYONE, how_do_i_upload_a_file=UPLOAD, how_do_i_reset_my_password=RESET
    )
    made.collection("analytics", CollectionKind.ANALYTICS, STAFF)
    made.collection("documents", CollectionKind.DOCUMENTS, STAFF, leave_at_oakline=LEAVE)
    return made


@pytest.fixture
def ann(room: Room) -> Principal:
    return room.person()


# --- routing --------------------------------------------------------------------------------------------------------


def test_the_router_finds_scenario_and_collection_and_the_trace_says_why(room: Room, ann: Principal) -> None:
    answer = room.ask(ann, "How do I reset my password?")
    assert (answer.scenario, answer.collection, answer.action) == ("FAQ", "faq", Action.ANSWER)
    decided = room.found(ann, answer, "route")
    assert decided["decided_by"] == "classifier"
    assert set(decided["scores"]) == {"FAQ", "ANALYTICS", "REGISTRATION", "DOCUMENTS", "OFFTOPIC"}
    names = [step.name for step in room.turns.trace(ann, answer.id).steps]
    order = ["limit", "guard", "provider", "cache", "route", "scenario", "retrieve", "answer", "gate", "save"]
    assert [name for name in names if name in order] == order
    passages = room.found(ann, answer, "retrieve")["passages"]
    assert passages[0]["title"] == "How do i reset my password"


def test_what_there_is_to_answer_from_decides_where_words_do_not(room: Room, ann: Principal) -> None:
    answer = room.ask(ann, "How many days of leave does a person at Oakline have?")
    assert (answer.scenario, answer.collection) == ("DOCUMENTS", "documents")
    assert answer.citations[0].text == LEAVE
    record = room.services.routing.of(ann, answer.id)
    assert record
    assert record.decided_by == "evidence"


def test_the_scenario_is_told_without_an_answer_as_the_chat_would_decide(room: Room, ann: Principal) -> None:
    turns = room.turns
    question = "How many days of leave does a person at Oakline have?"
    assert turns.decide(ann, question).scenario == "DOCUMENTS"
    first = room.ask(ann, "How do I reset my password?")
    assert turns.decide(ann, "And the days of leave at Oakline?", first.conversation_id).decided_by == "evidence"
    assert turns.decide(ann, "rfr pfuhepbnm ljrevtyn").scenario == "FAQ"
    with room.db.begin() as tx:
        assert len(tx.messages.of_conversation(ann, first.conversation_id)) == 2
    with pytest.raises(NotFound):
        turns.decide(room.person(email="bob@example.com"), "more", first.conversation_id)
    with pytest.raises(BadInput):
        turns.decide(ann, "  ")


def test_a_named_collection_is_not_routed(room: Room, ann: Principal) -> None:
    answer = room.ask(ann, "How do I reset my password?", collection="documents")
    assert (answer.scenario, answer.collection, answer.action) == ("DOCUMENTS", "documents", Action.REFUSE)
    assert room.found(ann, answer, "route") is None


def test_an_open_message_is_asked_back_with_choices_that_lead_on(room: Room, ann: Principal) -> None:
    asked = room.ask(ann, "What is the fee for cats?", provider="extractive")
    assert asked.action is Action.ASK
    assert len(asked.content.choices) == 2
    chosen = room.press(ann, asked, asked.content.choices[0].label)
    assert chosen.scenario == asked.content.choices[0].scenario


def test_the_model_decides_only_within_the_schema(room: Room, ann: Principal, ollama: OllamaServer) -> None:
    ollama.script.reply(json.dumps({"scenario": "OFFTOPIC", "confidence": 0.9}))
    ollama.script.reply("Nice to meet you.")
    answer = room.ask(ann, "What is the fee for cats?", provider="ollama")
    assert (answer.scenario, answer.text) == ("OFFTOPIC", "Nice to meet you.")
    assert room.found(ann, answer, "route_model")["decided_by"] == "model"
    ollama.script.reply('{"scenario": "WEATHER", "confidence": 1}')
    assert room.ask(ann, "What is the fee for dogs?", provider="ollama").action is Action.ASK


def test_a_person_sets_the_scenario_right_and_the_router_can_learn_it(room: Room, ann: Principal) -> None:
    wrong = room.ask(ann, "How do I reset my password?")
    started = room.turns.reroute(ann, wrong.id, "DOCUMENTS")
    *_, last = room.turns.follow(ann, started.message_id)
    assert last.message
    assert last.message.scenario == "DOCUMENTS"
    with room.db.begin() as tx:
        assert [(one.scenario, one.chosen) for one in tx.routes.corrected()] == [("FAQ", "DOCUMENTS")]


def test_guests_stay_with_the_service_itself(room: Room) -> None:
    guest = Principal(role=Role.GUEST, guest_id=uuid4(), locale="en")
    with room.db.begin() as tx:
        tx.limits.set(RoleLimit(Role.GUEST, 1_000))
    answers = [room.ask(guest, text) for text in ("How do I upload a file?", "How much does a bakery earn?", "hello")]
    assert [one.scenario for one in answers] == ["FAQ", "FAQ", "OFFTOPIC"]
    assert answers[1].action is Action.REFUSE
    assert "account" in answers[1].text
    assert [choice.scenario for choice in answers[1].content.choices] == ["REGISTRATION"]
    assert "documents" not in answers[2].text
    assert "REGISTRATION" in [choice.scenario for choice in room.ask(guest, "help").content.choices]
    assert room.ask(guest, "I want to register").scenario == "REGISTRATION"


# --- faq ------------------------------------------------------------------------------------------------------------


def test_an_article_is_opened_whole_and_not_searched_again(room: Room, ann: Principal) -> None:
    answer = room.ask(ann, "How do I upload a file?")
    opened = room.press(ann, answer, "Open the full article")
    assert UPLOAD in opened.text
    assert opened.citations[0].document_id == room.documents["how_do_i_upload_a_file"]
    assert room.found(ann, opened, "retrieve") is None
    assert opened.content.fields["article_id"] == str(room.documents["how_do_i_upload_a_file"])


def test_two_articles_that_are_close_are_offered(room: Room, ann: Principal) -> None:
    room.document("faq", "how_do_i_delete_a_file", "Open the page Documents and press the bin beside the file.")
    asked = room.ask(ann, "What can I do with a file?", scenario="FAQ")
    assert asked.action is Action.ASK
    labels = [choice.label for choice in asked.content.choices]
    assert set(labels) == {"How do i upload a file", "How do i delete a file"}
    assert labels[1].casefold().replace(" ", "_") in room.documents
    second = room.ask(ann, "the second one", asked)
    assert second.content.fields["article_id"] == str(room.documents[labels[1].casefold().replace(" ", "_")])


# --- kept answers ---------------------------------------------------------------------------------------------------


def test_the_same_question_gets_the_same_answer_until_anything_changes(room: Room, ann: Principal) -> None:
    first = room.ask(ann, "How do I reset my password?")
    again = room.ask(ann, " how do I reset  my password")
    assert (again.text, again.citations[0].text) == (first.text, first.citations[0].text)
    assert room.found(ann, again, "cache")["hit"]
    assert [choice.label for choice in again.content.choices] == ["Open the full article"]
    bob = room.person(email="bob@example.com")
    assert room.found(bob, room.ask(bob, "How do I reset my password?"), "cache")["hit"]
    room.document("faq", "a_new_article", "Nothing about that.")
    assert not room.found(ann, room.ask(ann, "How do I reset my password?"), "cache")["hit"]


def test_who_may_read_less_gets_no_answer_of_those_who_may_read_more(room: Room, ann: Principal) -> None:
    admin = room.person(Role.ADMIN, "admin@example.com")
    secret = room.document("documents", "severance", "The severance at Oakline is nine months of pay.")
    with room.db.begin() as tx:
        from sqlalchemy import text

        tx.connection.execute(text("UPDATE documents SET readers = ARRAY['admin'] WHERE id = :id"), {"id": secret})
    question = "What is the severance at Oakline?"
    assert "nine months" in room.ask(admin, question, collection="documents").text
    with room.db.begin() as tx:
        tx.connection.execute(text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": ann.user_id})
    assert "nine months" not in room.ask(ann, question, collection="documents").text


def test_an_answer_written_anew_is_written_anew(room: Room, ann: Principal) -> None:
    first = room.ask(ann, "How do I reset my password?")
    started = room.turns.regenerate(ann, first.id)
    *_, last = room.turns.follow(ann, started.message_id)
    assert last.message
    assert not room.found(ann, last.message, "cache")["hit"]


def test_a_deleted_document_takes_its_kept_answers_along(room: Room, ann: Principal) -> None:
    room.ask(ann, "How do I reset my password?")
    admin = room.person(Role.ADMIN, "admin@example.com")
    removed = room.services.documents.delete(admin, room.documents["how_do_i_reset_my_password"])
    assert removed.cache >= 1
    assert room.ask(ann, "How do I reset my password?").citations == ()


# --- follow-ups, files, small talk ----------------------------------------------------------------------------------


def test_a_question_that_leans_on_the_last_one_carries_its_topic(room: Room, ann: Principal) -> None:
    first = room.ask(ann, "How many days of leave does a person at Oakline have?")
    second = room.ask(ann, "And where is it asked for?", first)
    rewritten = room.found(ann, second, "rewrite")
    assert rewritten["by"] == "rule"
    assert "Oakline" in rewritten["query"]
    assert "portal" in second.text


def test_a_model_rewrites_if_it_stays_with_what_was_said(room: Room, ann: Principal, ollama: OllamaServer) -> None:
    first = room.ask(ann, "How many days of leave does a person at Oakline have?")
    ollama.script.reply("Where is leave at Oakline asked for?")
    ollama.script.reply("In the portal [1].")
    second = room.ask(ann, "And where is it asked for?", first, provider="ollama")
    assert room.found(ann, second, "rewrite") == {"query": "Where is leave at Oakline asked for?", "by": "model"}
    assert second.text == "In the portal [1]."


def test_files_dropped_into_a_conversation_are_what_it_answers_from(room: Room, ann: Principal) -> None:
    room.services.collections.list(ann)
    mine = room.document("my-documents", "contract", "The contract with Fern ends in May 2031.", ann)
    room.document("my-documents", "other_contract", "The contract with Moss ends in June 2040.", ann)
    with room.db.begin() as tx:
        conversation = tx.conversations.create(ann, "Contract")
        tx.attachments.add(conversation.id, mine)
    started = room.turns.start(ann, Ask("When does the contract end?", conversation_id=conversation.id))
    *_, last = room.turns.follow(ann, started.message_id)
    assert last.message
    assert (last.message.scenario, last.message.collection) == ("DOCUMENTS", "my-documents")
    assert "2031" in last.message.text
    assert {one.document_id for one in last.message.citations} == {mine}
    with pytest.raises(NotFound):
        room.services.attachments.of(room.person(email="bob@example.com"), conversation.id)


def test_small_talk_has_its_limits_and_leads_back(room: Room, ann: Principal) -> None:
    first = room.ask(ann, "hello")
    assert (first.scenario, first.action, first.citations) == ("OFFTOPIC", Action.ANSWER, ())
    assert "FAQ" in [choice.scenario for choice in first.content.choices]
    room.ask(ann, "thank you", first)
    third = room.ask(ann, "hello", first)
    assert third.action is Action.REFUSE
    assert "small talk" in third.text


def test_what_is_no_small_talk_uses_none_of_it_up(room: Room, ann: Principal) -> None:
    for said in ("why is the sky blue", "42", "yes", "?"):
        answer = room.ask(ann, said)
        assert (answer.scenario, answer.action) == ("OFFTOPIC", Action.REFUSE)
        assert "small talk" not in answer.text
    assert room.ask(ann, "hello").action is Action.ANSWER


@pytest.mark.parametrize(
    "said", ["help", "What can you do?", "Hi, what can this service do?", "помощь", "Что ты умеешь?"]
)
def test_who_asks_for_help_is_told_what_there_is_to_ask(room: Room, ann: Principal, said: str) -> None:
    answer = room.ask(ann, said)
    assert (answer.scenario, answer.action) == ("FAQ", Action.ANSWER)
    assert "ANALYTICS" in [choice.scenario for choice in answer.content.choices]


def test_administrators_words_and_tools_reach_the_model(room: Room, ann: Principal, ollama: OllamaServer) -> None:
    admin = room.person(Role.ADMIN, "admin@example.com")
    room.services.prompts.save(admin, None, "FAQ", "Speak like a pirate.")
    article = str(room.documents["how_do_i_upload_a_file"])
    ollama.script.reply(json.dumps({"tool": "faq_get_by_id", "arguments": {"article_id": article}}))
    ollama.script.reply(json.dumps({"scenario": "FAQ", "action": "answer", "reply": "Arr, drop it [1].", "fields": {}}))
    answer = room.ask(ann, "How do I upload a file?", provider="ollama")
    assert answer.text == "Arr, drop it [1]."
    first, second = ollama.script.asked("/api/chat")
    assert "Speak like a pirate." in first["messages"][0]["content"]
    assert UPLOAD in second["messages"][-1]["content"]
    assert room.found(ann, answer, "answer")["tools"][0]["name"] == "faq_get_by_id"


def test_a_model_gets_the_words_as_they_were_typed_and_the_reader_what_was_searched(
    room: Room, ann: Principal, ollama: OllamaServer
) -> None:
    ollama.script.reply("Within a minute [1].")
    answer = room.ask(ann, "On the sign-in page chose forgto passwrod", collection="faq", provider="ollama")
    assert answer.text == "Searched for: “On the sign-in page chose forgot password”\n\nWithin a minute [1]."
    assert "forgto passwrod" in ollama.script.asked("/api/chat")[0]["messages"][-1]["content"]


def test_a_model_that_breaks_its_word_is_asked_once_more(room: Room, ann: Principal, ollama: OllamaServer) -> None:
    ollama.script.reply('{"scenario": "FAQ", "reply": "Broken [1]')
    ollama.script.reply("Drop it on the page Documents [1].")
    answer = room.ask(ann, "How do I upload a file?", provider="ollama")
    assert answer.text == "Drop it on the page Documents [1]."
    assert "not the JSON object" in ollama.script.asked("/api/chat")[1]["messages"][-1]["content"]
    ollama.script.reply('{"scenario": "FAQ"')
    ollama.script.reply('{"scenario": "FAQ"')
    fallen = room.ask(ann, "How do I upload files?", provider="ollama")
    assert fallen.provider == "extractive"
    assert fallen.citations


# --- what it costs --------------------------------------------------------------------------------------------------


def test_what_a_model_wrote_in_vain_is_booked_under_that_model(
    room: Room, ann: Principal, ollama: OllamaServer
) -> None:
    ollama.script.reply("Everybody has as many as they like.", prompt_tokens=70, completion_tokens=9)
    answer = room.ask(ann, "How many days of leave does a person at Oakline have?", provider="ollama")
    assert (answer.provider, answer.citations[0].n) == ("extractive", 1)
    (entry,) = room.services.usage.report(ann, Dimension.MODEL).parts
    assert (entry.name, entry.prompt_tokens, entry.completion_tokens) == ("ollama · llama3.1:8b", 70, 9)
    assert room.services.usage.quota(ann).spent == 79


def test_questions_on_the_side_are_booked_and_counted(room: Room, ann: Principal, ollama: OllamaServer) -> None:
    first = room.ask(ann, "How many days of leave does a person at Oakline have?")
    ollama.script.reply("Where is leave at Oakline asked for?", prompt_tokens=30, completion_tokens=8)
    ollama.script.reply("In the portal [1].", prompt_tokens=60, completion_tokens=4)
    room.ask(ann, "And where is it asked for?", first, provider="ollama")
    (entry,) = room.services.usage.report(ann, Dimension.SCENARIO).parts
    assert (entry.name, entry.answers, entry.tokens) == ("DOCUMENTS", 2, 102)
    assert room.services.usage.quota(ann).spent == 102
    ollama.script.reply('{"scenario": "WEATHER", "confidence": 1}', prompt_tokens=20, completion_tokens=5)
    assert room.ask(ann, "What is the fee for dogs?", provider="ollama").action is Action.ASK
    assert room.services.usage.quota(ann).spent == 127
