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
    "code.sent": N_("asked for a one-time code"),
    "code.accepted": N_("entered a one-time code"),
    "code.refused": N_("entered a wrong one-time code"),
    "allowlist.put": N_("changed the allowlist"),
    "allowlist.deleted": N_("took an address off the allowlist"),
    "summary.deleted": N_("deleted a summary"),
    "summary.forgot": N_("deleted all summaries"),
    "summary.remember": N_("changed whether conversations are remembered"),
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
    "document.cancel": N_("cancelled the work on a document"),
    "document.retry": N_("had a document tried again"),
    "document.release": N_("let a document out of quarantine"),
    "document.reject": N_("rejected a document in quarantine"),
    "archive.upload": N_("uploaded a ZIP"),
    "archive.cancel": N_("cancelled the unpacking of a ZIP"),
    "collection.create": N_("created a collection"),
    "collection.reindex": N_("started re-indexing"),
    "collection.readers": N_("changed who may read a collection"),
    "document.readers": N_("changed who may read a document"),
    "access.view_as": N_("looked as another person"),
    "source.create": N_("added a source"),
    "source.update": N_("changed a source"),
    "source.delete": N_("removed a source"),
    "source.run": N_("started reading a source"),
    "source.cancel": N_("cancelled reading a source"),
    "source.host_allowed": N_("allowed a host to sources"),
    "source.host_forbidden": N_("took a host from sources"),
    "collection.switch": N_("switched to a new index"),
    "collection.rollback": N_("went back to an earlier index"),
    "collection.publish": N_("switched to a version that waited"),
    "collection.discard": N_("discarded a version"),
    "collection.check": N_("started a check of a collection"),
    "conversation.delete": N_("deleted a conversation"),
    "conversation.purge": N_("emptied the trash"),
    "conversation.forget": N_("deleted all conversations for good"),
    "conversation.share": N_("shared a conversation"),
    "conversation.unshare": N_("stopped sharing a conversation"),
    "instructions.saved": N_("changed the assistant's instructions"),
    "template.shared": N_("shared a prompt template"),
    "template.changed": N_("changed a shared prompt template"),
    "template.deleted": N_("deleted a shared prompt template"),
    "experiment.share": N_("changed who may open an experiment"),
    "preset.promote": N_("made a preset"),
    "provider.configure": N_("set up a provider"),
    "model.default": N_("changed the default model of a role"),
    "model.rule": N_("changed the price or permissions of a model"),
    "model.pull": N_("started to fetch a model"),
    "niches.import": N_("imported niche data"),
    "niches.undo": N_("undid an import of niche data"),
    "golden.add": N_("added a golden question"),
    "golden.import": N_("imported golden questions"),
    "golden.complete": N_("changed a golden question"),
    "golden.remove": N_("removed golden questions"),
    "evaluation.start": N_("started an evaluation"),
    "evaluation.remove": N_("removed an evaluation"),
    "evaluation.gate": N_("changed the gate of a collection"),
    "retrieval.settings": N_("changed the retrieval of a collection"),
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
