"""The rules as administrators write them: a YAML text read, checked and made ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput
from rag.guardrails.forbidden import Forbidden, Pattern, fold
from rag.guardrails.learned import Learned
from rag.guardrails.normal import Folded, folded
from rag.guardrails.phrases import Phrase, View, Vocabulary, parse

SHIPPED = Path(__file__).with_name("rules.yaml")
LONGEST_TEXT = 200_000  # characters of a rules file
LEARNED = Learned()  # the model is read at the first check, once for every set of rules
LEARNED_RULE = "learned"
_MOST_PHRASES = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which rule stopped a text, by which words of it (normalised), and which disguises had to be taken off. A verdict
    of the learned check has its `score`."""

    rule: str
    category: str
    matched: str
    side: Literal["prompt", "answer"] = "prompt"
    undone: tuple[str, ...] = ()
    score: float | None = None


class Lengths(BaseModel):
    """Characters."""

    model_config = ConfigDict(extra="forbid")

    prompt: int = Field(default=8000, ge=100, le=100_000)
    answer: int = Field(default=40_000, ge=100, le=200_000)


class Key(BaseModel):
    """A secret by its form: `prefix` and then at least `length` letters, digits, `_` or `-`."""

    model_config = ConfigDict(extra="forbid")

    prefix: str = Field(min_length=2, max_length=20)
    length: int = Field(ge=8, le=200)


class LearnedCheck(BaseModel):
    """From which score (0 to 1) the learned check stops a message, and phrases that it lets pass."""

    model_config = ConfigDict(extra="forbid")

    score: float = Field(default=0.75, ge=0.3, le=1)
    unless: list[str] = Field(default_factory=list)
    off: bool = False


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{2,60}$")
    category: Literal[
        "instruction", "exfiltration", "role_override", "meta_system", "forbidden_command", "forbidden_output"
    ]
    phrases: list[str] = Field(default_factory=list)
    unless: list[str] = Field(default_factory=list)
    keys: list[Key] = Field(default_factory=list)
    off: bool = False


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal["1"]
    lengths: Lengths = Lengths()
    sets: dict[str, list[str]] = Field(default_factory=dict)
    learned: LearnedCheck = LearnedCheck()
    rules: list[Rule]
    output: list[Rule] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ready:
    rule: Rule
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]


@dataclass(frozen=True)
class RuleSet:
    """Safe to share between threads."""

    prompt: tuple[_Ready, ...]
    output: tuple[Rule, ...]
    lengths: Lengths
    learned: LearnedCheck
    passing: tuple[Phrase, ...]  # what the learned check lets pass

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        phrases = (phrase for ready in self.prompt for phrase in ready.phrases)
        return Vocabulary.of([*phrases, *self.passing])

    @cached_property
    def forbidden(self) -> Forbidden:
        """What answers may not hold."""
        return Forbidden(_patterns(self.output))

    def check_prompt(self, text: str) -> Verdict | None:
        """The first rule that stops `text`, or None."""
        return next(self.all_hits(text), None)

    def all_hits(self, text: str) -> Iterator[Verdict]:
        """Every reason to stop `text`, its length first."""
        if len(text) > self.lengths.prompt:
            yield Verdict("prompt-length", "length", f"{len(text)} > {self.lengths.prompt}")
        yield from self.hits(text)

    def hits(self, text: str) -> Iterator[Verdict]:
        """Every rule that `text` meets, in the order of the file, and then the learned check; its length is not looked
        at."""
        readings = folded(text)
        views = self._vocabulary.views(readings)
        yield from self._rules(views)
        if not self.learned.off and not any(view.find(phrase) for view in views for phrase in self.passing):
            yield from self._learned(readings)

    def rule_hits(self, text: str) -> Iterator[Verdict]:
        """The same by the rules alone: for documents, whose language the learned check was not trained on."""
        return self._rules(self._vocabulary.views(folded(text)))

    def _rules(self, views: Sequence[View]) -> Iterator[Verdict]:
        for ready in self.prompt:
            for view in views:
                if matched := _matched(view, ready):
                    yield Verdict(ready.rule.id, ready.rule.category, matched, undone=view.undone)
                    break

    def _learned(self, readings: Sequence[Folded]) -> Iterator[Verdict]:
        like = LEARNED.likeness_of(readings)
        if like.score >= self.learned.score:
            yield Verdict(LEARNED_RULE, like.category, like.matched, undone=like.undone, score=like.score)


def _matched(view: View, ready: _Ready) -> str:
    found = next(filter(None, (view.find(phrase) for phrase in ready.phrases)), "")
    return "" if found and any(view.find(phrase) for phrase in ready.unless) else found


def read(text: str) -> RuleSet:
    """Raises `BadInput` that says what is wrong with the rules, and where."""
    file = _file(text)
    ids = [rule.id for rule in (*file.rules, *file.output)]
    if repeated := {name for name in ids if ids.count(name) > 1}:
        raise BadInput("The rules use the id %(id)s more than once.", id=", ".join(sorted(repeated)))
    if sum(len(rule.phrases) + len(rule.unless) for rule in (*file.rules, *file.output)) > _MOST_PHRASES:
        raise BadInput("The rules have more than %(most)s phrases.", most=_MOST_PHRASES)
    for rule in file.output:
        if rule.unless or any(not parse(phrase, {}).literal for phrase in rule.phrases):
            raise BadInput("The output rule %(id)s may hold texts in quotes and keys only.", id=rule.id)
    prompt = tuple(_ready(rule, file.sets) for rule in file.rules if not rule.off)
    output = tuple(rule for rule in file.output if not rule.off)
    passing = tuple(parse(phrase, file.sets) for phrase in file.learned.unless)
    return RuleSet(prompt, output, file.lengths, file.learned, passing)


def _patterns(rules: Sequence[Rule]) -> Iterator[Pattern]:
    for rule in rules:
        for phrase in rule.phrases:
            yield Pattern(rule.id, rule.category, fold(phrase.strip()[1:-1]))
        for key in rule.keys:
            yield Pattern(rule.id, rule.category, fold(key.prefix), key.length)


def _ready(rule: Rule, sets: Mapping[str, list[str]]) -> _Ready:
    phrases = tuple(parse(phrase, sets) for phrase in rule.phrases)
    return _Ready(rule, phrases, tuple(parse(phrase, sets) for phrase in rule.unless))


def _file(text: str) -> _File:
    import yaml  # not at the top: the first page does not wait for it

    if len(text) > LONGEST_TEXT:
        raise BadInput("The rules are longer than %(most)s characters.", most=LONGEST_TEXT)
    try:
        # Every scalar stays a text: in YAML's own types the words `no` and `off` would be false.
        content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings only
        return _File.model_validate(content)
    except yaml.YAMLError as error:
        raise BadInput("The rules are not valid YAML: %(reason)s", reason=" ".join(str(error).split())) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput("The rules are wrong at %(place)s: %(reason)s.", place=place, reason=first["msg"]) from error


def shipped() -> RuleSet:
    """The rules that come with the product."""
    return read(SHIPPED.read_text(encoding="utf-8"))
