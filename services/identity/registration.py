"""Carries out what a registration in the chat asks for: mails and checks codes, finds the niche, makes the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from core.entities.people import Client, Principal, User, UserStatus
from core.errors import BadInput, NichewiseError, NotFound, TooMany, WrongCode
from core.i18n import translate_error
from data.database import Database
from niches.finding import Found
from scenarios.base import Intent, Outcome
from scenarios.registration import CREATE, FIND_NICHES, SEND_CODE, VERIFY_CODE
from services.identity.codes import JUST_SENT, Codes
from services.identity.enrolment import Enrolment
from services.niches.catalogue import NicheCatalogue

_ENTERS_WITHIN = timedelta(minutes=10)  # of registering; later it takes the password
_NEAR, _APART = 0.72, 0.15  # of 1: how well a niche must fit, and how much better than the next, to be taken unasked
_LONGEST_WORDING = 200

Carrier = Callable[[Principal, UUID, Intent], Outcome]


class Registration:
    def __init__(self, db: Database, codes: Codes, enrolment: Enrolment, catalogue: NicheCatalogue) -> None:
        self._db = db
        self._codes = codes
        self._enrolment = enrolment
        self._catalogue = catalogue

    @property
    def carriers(self) -> Mapping[str, Carrier]:
        return {
            SEND_CODE: self._send,
            VERIFY_CODE: self._verify,
            FIND_NICHES: self._find,
            CREATE: self._create,
        }

    def enter(self, guest: Principal, conversation_id: UUID) -> User:
        """Who registered in this conversation of the guest a moment ago and may enter at once; the conversation becomes
        theirs. `NotFound` for everybody else: they sign in with their password."""
        with self._db.begin() as tx:
            user = tx.registrations.newcomer(guest, conversation_id, within=_ENTERS_WITHIN)
            if user is None:
                raise NotFound
            tx.registrations.hand_over(user.id)
            tx.users.touch_sign_in(user.id)
            tx.audit.write(user, "sign_in", "user", user.id, ip=guest.ip, registered=True)
        return user

    def known_niche(self, niche: str) -> str:
        """The id of a niche that exists; `BadInput` for any other."""
        with self._db.read() as tx:
            if niche in self._catalogue.current(tx).catalogue.niches:
                return niche
        raise BadInput("There is no such niche. Leave it out, or choose one of the list.")

    # --- intents ----------------------------------------------------------------------------------------------------

    def _send(self, principal: Principal, _conversation_id: UUID, intent: Intent) -> Outcome:
        language = _language(intent)
        try:
            self._codes.send(intent.values["email"], language, Client(principal.ip))
        except NichewiseError as error:
            wait = isinstance(error, TooMany) and error.template == JUST_SENT
            return Outcome(intent.name, False, translate_error(language, error), {"wait": wait})
        return Outcome(intent.name, True)

    def _verify(self, principal: Principal, _conversation_id: UUID, intent: Intent) -> Outcome:
        try:
            proof = self._codes.verify(intent.values["email"], intent.values["code"], Client(principal.ip))
        except NichewiseError as error:
            return Outcome(intent.name, False, translate_error(_language(intent), error))
        return Outcome(intent.name, True, values={"proof": proof})

    def _find(self, _principal: Principal, _conversation_id: UUID, intent: Intent) -> Outcome:
        """Titles alone, in the person's language: guests may see no figures."""
        wording = str(intent.values["query"])[:_LONGEST_WORDING]
        with self._db.read() as tx:
            known = self._catalogue.current(tx)
        near = [one for one in self._catalogue.find(known, wording, intent.values["n"]) if one.score > 0]
        titles = known.catalogue.niches
        russian = _language(intent) == "ru"
        shown = [(one.id, (russian and titles[one.id].title_ru) or titles[one.id].title) for one in near]
        return Outcome(intent.name, True, values={"niches": shown, "sure": _sure(near)})

    def _create(self, principal: Principal, conversation_id: UUID, intent: Intent) -> Outcome:
        told, client, language = intent.values, Client(principal.ip), _language(intent)
        try:
            new = self._enrolment.prepare(told["email"], told["name"], told["password"], language, client)
            new = replace(new, city=told["city"], niche=told["niche"])
            enrolled = self._enrolment.enrol(new, client, told["proof"], conversation_id=conversation_id)
        except NichewiseError as error:
            late = isinstance(error, WrongCode)
            return Outcome(intent.name, False, translate_error(language, error), {"late": late})
        status = "active" if enrolled.status is UserStatus.ACTIVE else "pending"
        return Outcome(intent.name, True, values={"status": status})


def _sure(found: Sequence[Found]) -> bool:
    """Whether the first one is meant beyond doubt."""
    if not found:
        return False
    ahead = found[0].score - (found[1].score if len(found) > 1 else 0)
    literal = found[0].by in ("exact", "stem")
    return ahead > 0 if literal else found[0].score >= _NEAR and ahead >= _APART


def _language(intent: Intent) -> str:
    return str(intent.values.get("language", "en"))
