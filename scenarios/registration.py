"""REGISTRATION: a guest's way to an account, step by step; it decides by rules alone and works without any model.

Stage 1 is the e-mail with consent and the code that is mailed, stage 2 name, city, niche and password, stage 3 the
account. What a step needs done (mail a code, make an account) it asks for with an intent: while the outcome is missing,
the scenario returns the intent and is run again with it, so that a step reads from top to bottom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.i18n import translate
from rag.prompting import Brief
from rag.quotes import quote
from scenarios import registration_says as says
from scenarios import registration_words as words
from scenarios.base import Reply, Scenario, Turn, Writing
from scenarios.registration_asking import CONSENTS, NAME, OTHER_ADDRESS, Asking, Needed
from scenarios.registration_state import Progress, Step
from scenarios.registration_words import Command
from scenarios.tools import Tools

SEND_CODE, VERIFY_CODE, FIND_NICHES, CREATE = "send_code", "verify_code", "find_niches", "create_account"
_SHORTLIST = 5
_LONGEST = {"name": 100, "city": 80, "niche": 120}  # characters
_KEEPS = "keep"  # value of a choice


@dataclass(frozen=True)
class Registration(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        if not turn.guest:
            return Reply(translate(turn.language, says.HAVE_ONE), state={})
        try:
            return _Run(turn, tools, self).reply()
        except Needed as needed:
            return Reply("", intents=(needed.intent,))


SCENARIO = Registration(name=NAME, collection="", kinds=(), prompt=Path(__file__).with_name("registration.md"))


class _Run(Asking):
    """One message of a registration."""

    def reply(self) -> Reply | Writing:
        text = self.turn.question
        command = None if self.turn.form or self.turn.picked else words.command(text)
        if command is Command.CANCEL:
            return Reply(self.say(says.CANCELLED), state={})
        if command is Command.BACK:
            return self.back()
        if self.turn.form:
            return self.filled(self.turn.form)
        if self.turn.picked:
            return self.picked(self.turn.picked)
        typed = words.address(text)
        if typed is not None:
            return self.address(typed, consents=self.at.consent or words.yes(text))
        return self.spoken(text, command)

    # --- what was done: a form, a choice, a message -----------------------------------------------------------------

    def filled(self, form: Mapping[str, str]) -> Reply | Writing:
        """By the fields it has, so that an old form of the thread still means what it says."""
        if "password" in form:
            return self.password(form)
        if "code" in form:
            return self.code(form["code"])
        if "email" in form:
            consents = form.get("consent", "").lower() in ("1", "true", "on", "yes")
            typed = words.address(form["email"]) or words.Address(form["email"].strip())
            return self.address(typed, consents=consents) if typed.typed else self.ask_email(says.OTHER)
        return self.details(form)

    def picked(self, value: str) -> Reply | Writing:
        kind, _, rest = value.partition(":")
        if kind == CONSENTS:
            return self.consent(rest == "yes")
        if kind == _KEEPS:
            return self.address(words.Address(rest), consents=self.at.consent)
        if value == OTHER_ADDRESS:
            return self.ask_email(says.OTHER)
        if kind == "niche":
            return self.niche_of(dict(self.at.shortlist), rest)
        return self.resend() if value == Command.RESEND else self.skip()

    def spoken(self, text: str, command: Command | None) -> Reply | Writing:
        if not self.turn.state:
            return self.ask_email(says.WELCOME)
        if words.question(text):
            return self.aside(text)
        if self.at.step is Step.CONSENT and (words.yes(text) or words.no(text)):
            return self.consent(words.yes(text))
        if self.at.step is Step.EMAIL and words.no(text):
            return self.again(says.NO_EMAIL)
        if self.at.step is Step.CODE:
            return self.in_code(text, command)
        if self.at.step is Step.DETAILS:
            return self.in_details(text, command)
        return self.again()

    def in_code(self, text: str, command: Command | None) -> Reply | Writing:
        if command is Command.RESEND:
            return self.resend()
        typed = words.code(text)
        return self.code(typed) if typed else self.again(says.NO_CODE)

    def in_details(self, text: str, command: Command | None) -> Reply | Writing:
        if command is Command.SKIP:
            return self.skip()
        bare = len(text.split()) == 1 and (words.yes(text) or words.no(text))
        return self.again() if bare else self.details({self.at.missing: words.value(text)})

    # --- stage 1: e-mail, consent, code -----------------------------------------------------------------------------

    def address(self, typed: words.Address, *, consents: bool) -> Reply:
        if typed.meant:
            choices = (
                self.choice(typed.meant, f"{_KEEPS}:{typed.meant}"),
                *((self.choice(typed.typed, f"{_KEEPS}:{typed.typed}"),) if "@" in typed.typed else ()),
            )
            return self.at_step(Step.EMAIL, self.say(says.DID_YOU_MEAN, email=typed.meant), choices, consent=consents)
        fresh = typed.typed != self.at.email
        self.at = replace(self.at, email=typed.typed, consent=consents, proof="" if fresh else self.at.proof)
        return self.send() if consents else self.ask_consent()

    def consent(self, given: bool) -> Reply:
        if not given:
            return Reply(self.say(says.NO_CONSENT), state={})
        self.at = replace(self.at, consent=True)
        return self.send() if self.at.email else self.ask_email(says.WELCOME)

    def send(self, sentence: str = "") -> Reply:
        if self.at.proof:
            return self.ask_details(says.PROVEN)
        sent = self.done(SEND_CODE, email=self.at.email, language=self.at.language)
        if not sent.ok:
            step = Step.CODE if sent.values.get("wait") else Step.EMAIL
            return self.at_step(step, f"{sent.sentence} {self.say(says.ASK[step], email=self.at.email)}")
        return self.at_step(Step.CODE, self.say(sentence or says.CODE_SENT, email=self.at.email))

    def resend(self) -> Reply:
        return self.send(says.CODE_AGAIN)

    def code(self, typed: str) -> Reply:
        checked = self.done(VERIFY_CODE, email=self.at.email, code=typed, language=self.at.language)
        if not checked.ok:
            return self.at_step(Step.CODE, checked.sentence)
        self.at = replace(self.at, proof=str(checked.values["proof"]))
        return self.ask_details(says.PROVEN)

    # --- stage 2: name, city, niche, password -----------------------------------------------------------------------

    def details(self, told: Mapping[str, str]) -> Reply:
        if not self.at.proof:
            return self.again()
        cleaned = {name: " ".join(told.get(name, "").split())[: _LONGEST[name]] for name in _LONGEST}
        if cleaned["name"] and not words.looks_like_name(cleaned["name"]):
            return self.ask_details(says.NO_NAME)
        self.at = replace(self.at, name=cleaned["name"] or self.at.name, city=cleaned["city"] or self.at.city)
        if cleaned["niche"]:
            return self.niche(cleaned["niche"])
        if "niche" in told:  # a form in which it was left empty
            self.at = replace(self.at, skipped=not self.at.niche)
        return self.ask_details()

    def niche(self, wording: str) -> Reply:
        """One that is meant beyond doubt is taken; else there is a shortlist."""
        shown = [(one, title) for one, title in self.at.shortlist if title.casefold() == wording.casefold()]
        if wording.isdigit() and 0 < int(wording) <= len(self.at.shortlist):
            shown = [self.at.shortlist[int(wording) - 1]]
        if shown:
            return self.niche_of(dict(shown), shown[0][0])
        found = self.done(FIND_NICHES, query=wording, n=_SHORTLIST, language=self.at.language)
        shortlist = tuple((str(one), str(title)) for one, title in found.values.get("niches", ()))
        if found.values.get("sure") and shortlist:
            return self.niche_of(dict(shortlist), shortlist[0][0])
        self.at = replace(self.at, shortlist=shortlist)
        return self.ask_details(says.WHICH_NICHE if shortlist else says.NO_NICHE)

    def niche_of(self, known: Mapping[str, str], niche: str) -> Reply:
        if niche not in known:
            return self.ask_details(says.NO_NICHE)
        self.at = replace(self.at, niche=niche, niche_title=known[niche], skipped=False, shortlist=())
        return self.ask_details()

    def skip(self) -> Reply:
        if self.at.missing != "niche" or not self.at.proof:
            return self.again()
        self.at = replace(self.at, skipped=True, shortlist=())
        return self.ask_details()

    def password(self, form: Mapping[str, str]) -> Reply:
        if not self.at.proof or self.at.missing:
            return self.again()
        if form["password"] != form.get("again", form["password"]):
            return self.at_step(Step.PASSWORD, self.say(says.DIFFER))
        told = {name: getattr(self.at, name) for name in ("email", "proof", "name", "city", "niche", "language")}
        made = self.done(CREATE, **told, password=form["password"])
        if made.ok:
            return self.finished(str(made.values["status"]))
        if made.values.get("late"):
            self.at = replace(self.at, proof="", step=Step.CODE)
            return self.at_step(Step.CODE, made.sentence)
        return self.at_step(Step.PASSWORD, made.sentence)

    # --- stage 3 ----------------------------------------------------------------------------------------------------

    def finished(self, status: str) -> Reply:
        text = self.say(says.ACTIVE if status == "active" else says.PENDING)
        if self.at.niche:
            text += " " + self.say(
                says.ANALYTICS if status == "active" else says.ANALYTICS_LATER, niche=self.at.niche_title
            )
        fields = {"account": status, "niche": self.at.niche, "niche_title": self.at.niche_title}
        return Reply(text, fields=fields, stage=3, state={})

    # --- going back, going aside ------------------------------------------------------------------------------------

    def back(self) -> Reply | Writing:
        at = self.at
        if at.step is Step.PASSWORD:
            self.at = replace(at, niche="", niche_title="", skipped=False, shortlist=())
            return self.ask_details()
        if at.step is Step.DETAILS and (at.name or at.city):
            self.at = replace(at, name="", city="", niche="", niche_title="", skipped=False, shortlist=())
            return self.ask_details(says.CHANGE)
        self.at = Progress(language=at.language)
        return self.ask_email(says.OTHER)

    def aside(self, text: str) -> Reply | Writing:
        """A question in between: answered from the FAQ, and then back to where they were."""
        step = self.at.step
        articles = self.tools.faq_search(text, 1)
        opened = self.tools.faq_get_by_id(articles[0].id) if articles else None
        said = quote(text, opened[1].passages) if opened else ""
        if opened and said:
            back = self.at_step(step, f"{said}\n\n{self.say(says.ASK[step], email=self.at.email)}")
            return replace(back, retrieval=opened[1])
        back = self.again(says.NOT_KNOWN)
        if not self.turn.model:
            return back
        brief = Brief(self.scenario.instructions, text, self.at.language)
        return Writing(brief, fields=back.fields, choices=back.choices, state=back.state)
