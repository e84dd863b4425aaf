"""How a registration asks: the text, the choices and the form of each step, and the intents it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from core.entities.answers import Choice
from core.entities.messages import Action
from core.i18n import translate
from scenarios import registration_says as says
from scenarios import registration_words as words
from scenarios.base import Intent, Outcome, Reply, Scenario, Turn
from scenarios.registration_state import STAGES, Progress, Step
from scenarios.registration_words import Command
from scenarios.tools import Tools

NAME = "REGISTRATION"
CONSENTS, OTHER_ADDRESS = "consent", "other address"  # values of choices


class Needed(Exception):
    """The step cannot go on before this is carried out."""

    def __init__(self, intent: Intent) -> None:
        self.intent = intent


@dataclass
class Asking:
    """One message with what was told before it: `at` moves on as the message is read."""

    turn: Turn
    tools: Tools
    scenario: Scenario
    at: Progress = field(init=False)

    def __post_init__(self) -> None:
        known = Progress.read(self.turn.state, self.turn.language)
        self.at = replace(known, language=words.language(self.turn.question, known.language))

    def again(self, sentence: str = "") -> Reply:
        """Leads back to the step where they are."""
        asked = self.say(says.ASK[self.at.step], email=self.at.email)
        return self.at_step(self.at.step, f"{self.say(sentence)} {asked}" if sentence else asked)

    def ask_email(self, sentence: str) -> Reply:
        return self.at_step(Step.EMAIL, self.say(sentence))

    def ask_consent(self) -> Reply:
        answers = ((says.I_AGREE, "yes"), (says.I_REFUSE, "no"))
        choices = tuple(self.choice(self.say(label), f"{CONSENTS}:{value}") for label, value in answers)
        return self.at_step(Step.CONSENT, self.say(says.ASK[Step.CONSENT], email=self.at.email), choices)

    def ask_details(self, sentence: str = "") -> Reply:
        """For the first one that is missing, or with a `sentence` that asks for it; for the password in the end."""
        if not self.at.missing:
            return self.at_step(Step.PASSWORD, self.say(says.ASK[Step.PASSWORD]))
        choices = tuple(self.choice(title, f"niche:{one}") for one, title in self.at.shortlist)
        if self.at.missing == "niche":
            choices += (self.choice(self.say(says.WITHOUT_NICHE), Command.SKIP),)
        return self.at_step(Step.DETAILS, self.say(sentence or says.ASK_FOR[self.at.missing]), choices)

    def at_step(self, step: Step, text: str, choices: tuple[Choice, ...] = (), **changes: Any) -> Reply:
        self.at = replace(self.at, step=step, **changes)
        if step is Step.CODE:
            choices = (
                self.choice(self.say(says.SEND_AGAIN), Command.RESEND),
                self.choice(self.say(says.ANOTHER_ADDRESS), OTHER_ADDRESS),
            )
        return Reply(
            text,
            action=Action.ASK,
            fields={"step": step.value, **self.form(step, bool(choices))},
            stage=STAGES[step],
            choices=choices,
            state=self.at.kept(),
        )

    def form(self, step: Step, choosing: bool) -> dict[str, Any]:
        """The fields of a step; where there is a choice to make first, there are none."""
        fields = [
            name for name in says.FIELDS.get(step, ()) if step is not Step.DETAILS or not getattr(self.at, name, "")
        ]
        if not fields or (choosing and step is not Step.CODE and fields != ["niche"]):
            return {}
        drawn = [
            {"name": name, "label": self.say(says.LABELS[name]), "kind": says.KINDS.get(name, "text")}
            for name in fields
        ]
        return {"form": drawn, "form_says": self.say(says.SAYS[step])}

    def choice(self, label: str, value: str) -> Choice:
        return Choice(label, label, scenario=NAME, value=value)

    def say(self, sentence: str, /, **values: Any) -> str:
        return translate(self.at.language, sentence, **values)

    def done(self, name: str, /, **values: Any) -> Outcome:
        """What became of it; asked for first if nothing has yet."""
        for outcome in self.turn.outcomes:
            if outcome.name == name:
                return outcome
        raise Needed(Intent(name, values))
