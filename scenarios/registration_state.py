"""How far a registration has come: its steps, its stages, and what was told so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    EMAIL = "email"
    CONSENT = "consent"
    CODE = "code"
    DETAILS = "details"
    PASSWORD = "password"  # noqa: S105 - a step


STAGES = {Step.EMAIL: 1, Step.CONSENT: 1, Step.CODE: 1, Step.DETAILS: 2, Step.PASSWORD: 2}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody has come; it is kept, sealed, with the conversation. `proof` says that the mailbox is theirs;
    `niche` is an id, "" where they have none; `shortlist` are the niches (id, title) they were last shown; `skipped`
    says that they want to name no niche."""

    step: Step = Step.EMAIL
    language: str = "en"
    email: str = ""
    consent: bool = False
    proof: str = ""
    name: str = ""
    city: str = ""
    niche: str = ""
    niche_title: str = ""
    skipped: bool = False
    shortlist: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, state: Mapping[str, Any], language: str) -> Progress:
        if not state:
            return cls(language=language if language in ("en", "ru") else "en")
        shortlist = tuple((str(one), str(title)) for one, title in state.get("shortlist", ()))
        told = {one.name: state[one.name] for one in fields(cls) if one.name in state}
        return cls(**{**told, "step": Step(state["step"]), "shortlist": shortlist})

    @property
    def missing(self) -> str:
        """The first detail that is still to be told."""
        if not self.name:
            return "name"
        if not self.city:
            return "city"
        return "" if self.niche or self.skipped else "niche"

    def kept(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)
