"""The audit log in words: what its codes mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.i18n import N_, _

_ACTIONS = {
    "sign_in": N_("signed in"),
    "sign_in.failed": N_("wrong password"),
    "sign_in.locked": N_("sign-in locked"),
    "sign_in.refused": N_("sign-in refused"),
    "sign_out": N_("signed out"),
    "register": N_("registered"),
    "register.known": N_("registered with a known e-mail"),
    "password.changed": N_("changed the password"),
    "password.reset": N_("set a new password"),
    "password.reset_asked": N_("asked for a reset link"),
    "profile.updated": N_("changed the profile"),
    "session.revoked": N_("ended a session"),
    "session.revoked_others": N_("ended other sessions"),
    "key.created": N_("created an API key"),
    "key.revoked": N_("revoked an API key"),
    "person.created": N_("added a person"),
    "person.approved": N_("approved a person"),
    "person.disabled": N_("disabled a person"),
    "person.enabled": N_("enabled a person"),
    "person.role": N_("changed a role"),
    "person.updated": N_("changed a person"),
    "person.sessions_revoked": N_("ended a person's sessions"),
    "document.upload": N_("added a document"),
    "document.delete": N_("deleted a document"),
    "collection.create": N_("created a collection"),
    "collection.reindex": N_("started re-indexing"),
    "collection.switch": N_("switched to a new index"),
    "conversation.delete": N_("deleted a conversation"),
    "experiment.share": N_("changed who may open an experiment"),
    "preset.promote": N_("made a preset"),
    "provider.configure": N_("set up a provider"),
    "model.default": N_("changed the default model of a role"),
    "model.rule": N_("changed the price or permissions of a model"),
    "model.pull": N_("started to fetch a model"),
    "niches.import": N_("imported niche data"),
    "niches.undo": N_("undid an import of niche data"),
    "guardrails.changed": N_("changed the guardrail rules"),
    "limits.changed": N_("changed the limits of a role"),
}
GROUPS = {
    "": N_("All"),
    "sign_": N_("Sign-in"),
    "person.": N_("People"),
    "password.": N_("Passwords"),
    "key.": N_("API keys"),
    "session.": N_("Sessions"),
    "document.": N_("Documents"),
    "collection.": N_("Collections"),
}


def action(code: str) -> str:
    """What was done; a code that has no words yet stands for itself."""
    return _(_ACTIONS.get(code, code))


def detail(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:  # before and after
        return f"{value[0]} → {value[1]}"
    return str(value)
