"""Guardrails in words: what the codes of rules, categories and disguises mean to people."""

from __future__ import annotations

from collections.abc import Iterable

from components.i18n import N_, _

CATEGORIES = {
    "instruction": N_("instructions to the assistant"),
    "exfiltration": N_("wants what is not theirs"),
    "role_override": N_("another role for the assistant"),
    "meta_system": N_("poses as the system"),
    "forbidden_command": N_("forbidden command"),
    "forbidden_output": N_("forbidden in an answer"),
    "length": N_("too long"),
}
_RULES = {
    "learned": N_("the learned check"),
    "ignore-instructions": N_("ignore the instructions"),
    "ignore-above": N_("ignore what stands above"),
    "disobey": N_("do not obey"),
    "instructions-void": N_("instructions no longer count"),
    "no-restrictions": N_("without restrictions"),
    "reveal-prompt": N_("show the hidden instructions"),
    "repeat-above": N_("repeat what stands above"),
    "reveal-secrets": N_("show passwords or keys"),
    "other-people": N_("what other people wrote"),
    "other-role": N_("be somebody else"),
    "unbound-persona": N_("a persona without rules"),
    "special-mode": N_("a special mode"),
    "filters-off": N_("filters off"),
    "false-authority": N_("speaks as an administrator"),
    "chat-markup": N_("markup of the model"),
    "system-voice": N_("speaks as the system"),
    "shell-commands": N_("shell command"),
    "sql-commands": N_("database command"),
    "script-injection": N_("script"),
    "prompt-leak": N_("the instructions themselves"),
    "secret-leak": N_("a key"),
    "prompt-length": N_("length of messages"),
    "answer-length": N_("length of answers"),
}
_UNDONE = {
    "letters": N_("letters and digits that look alike"),
    "spacing": N_("spaces within words"),
    "pieces": N_("words in pieces"),
    "backwards": N_("written backwards"),
    "rot13": N_("letters shifted by 13"),
    "base64": N_("in Base64"),
    "hex": N_("hexadecimal"),
    "entities": N_("HTML entities or percent signs"),
}
SIDES = {"prompt": N_("message"), "answer": N_("answer")}


def category(code: str) -> str:
    return _(CATEGORIES.get(code, code))


def rule(code: str) -> str:
    """The shipped ones in words; those that administrators have added stand for themselves."""
    return _(_RULES.get(code, code))


def undone(codes: Iterable[str]) -> str:
    """The disguises that were taken off, each once."""
    return ", ".join(_(_UNDONE.get(code, code)) for code in dict.fromkeys(codes))
