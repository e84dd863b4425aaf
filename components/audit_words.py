"""The audit log in words: what its codes mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from components import collection_titles, navigation
from components.i18n import N_, _
from core.entities.people import AuditEntry

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
    "document.column": N_("changed how a column of a table is read"),
    "archive.upload": N_("uploaded a ZIP"),
    "archive.cancel": N_("cancelled the unpacking of a ZIP"),
    "collection.create": N_("created a collection"),
    "collection.rename": N_("renamed a collection"),
    "collection.delete": N_("deleted a collection"),
    "collection.deleted": N_("removed the files and indexes of a deleted collection"),
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
    "conversation.file": N_("dropped a file into a conversation"),
    "conversation.share": N_("shared a conversation"),
    "conversation.unshare": N_("stopped sharing a conversation"),
    "instructions.saved": N_("changed the assistant's instructions"),
    "template.shared": N_("shared a prompt template"),
    "template.changed": N_("changed a shared prompt template"),
    "template.deleted": N_("deleted a shared prompt template"),
    "experiment.share": N_("changed who may open an experiment"),
    "preset.promote": N_("made a preset"),
    "preset.delete": N_("deleted a preset"),
    "provider.configure": N_("set up a provider"),
    "model.default": N_("changed the default model of a role"),
    "model.rule": N_("changed the price or permissions of a model"),
    "model.rule_removed": N_("removed the price and permissions of a model"),
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
    "conversation.": N_("Conversations"),
    "source.": N_("Sources"),
    "model.": N_("Models"),
    "niches.": N_("Niche data"),
}
_NAMES = {
    "role": N_("role"), "email": N_("e-mail"), "name": N_("name"), "demo": N_("demo data"), "count": N_("how many"),
    "version": N_("version"), "collection": N_("collection"), "filename": N_("file"), "file": N_("file"),
    "files": N_("files"), "model": N_("model"), "provider": N_("provider"), "address": N_("address"),
    "key_changed": N_("access key changed"), "roles": N_("roles"), "input_price": N_("input price"),
    "output_price": N_("output price"), "shared": N_("shared"), "status": N_("status"), "locale": N_("language"),
    "registered": N_("just registered"), "proven": N_("e-mail confirmed"), "reader": N_("reader"),
    "approved": N_("Registers without approval"), "lasting": N_("Access never ends"), "wanted": N_("remembered"),
    "tries": N_("tries"), "locked": N_("locked"), "findings": N_("findings"), "title": N_("title"), "kind": N_("kind"),
    "dataset": N_("dataset"), "dry_run": N_("trial run"), "questions": N_("questions"), "origin": N_("origin"),
    "private": N_("in the private network"), "confirmed": N_("confirmed"), "fields": N_("fields"),
    "documents_too": N_("documents too"), "apply": N_("apply"), "people": N_("people"), "active_until": N_("until"),
    "per_minute": N_("messages a minute"), "tokens_per_day": N_("tokens a day"), "column": N_("column"),
    "password": N_("password"), "documents": N_("documents"), "passages": N_("passages"), "versions": N_("versions"),
    "chunks": N_("passages of all versions"), "vectors": N_("vectors"), "lexical": N_("entries of the word index"),
    "cache": N_("kept answers"), "rows": N_("rows of tables"),
}  # fmt: skip
_VALUES = {
    **{role.value: name for role, name in navigation.ROLES.items()},
    "pending": N_("waits for approval"), "active": N_("active"), "disabled": N_("disabled"),
    "all": N_("everybody"), "en": "English", "ru": "Русский",
}  # fmt: skip
_TELLING = ("model", "role", "provider", "host", "address", "collection")  # objects whose id says what they are
_FIRST = ("email", "name", "title", "filename", "file", "collection")
_LISTS = ("roles", "people", "fields", "findings", "files", "questions")  # others of two are before and after
_SYSTEM = "system"


def action(code: str) -> str:
    """What was done; a code that has no words yet stands for itself."""
    return _(_ACTIONS.get(code, code))


def actor(name: str) -> str:
    """An e-mail; what the product did by itself says so."""
    return _("the system") if name == _SYSTEM else name


def detail(entry: AuditEntry) -> str:
    """What it was done to and how, in words. Ids are left out, and so is what was not the case."""
    subject = entry.object_id if entry.object_type in _TELLING and not _is_id(entry.object_id) else ""
    if entry.object_type == "collection":
        subject = collection_titles.by_name(subject)
    told = (_told(name, value) for name, value in sorted(entry.detail.items(), key=_telling))
    return ", ".join(filter(None, (_value(subject) if subject else "", *told)))


def _telling(one: tuple[str, Any]) -> int:
    """What names the object comes first: a narrow column cuts off the rest."""
    return _FIRST.index(one[0]) if one[0] in _FIRST else len(_FIRST)


def _told(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(filter(None, (_told(*one) for one in value.items())))
    if value in (None, "", False, [], 0) or _is_id(value):
        return ""
    named = _(_NAMES.get(name, name))
    if isinstance(value, list) and len(value) == 2 and name not in _LISTS:  # before and after
        return f"{named}: {_value(value[0])} → {_value(value[1])}"
    return named if value is True else f"{named}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "–"
    return _(_VALUES[value]) if value in _VALUES else str(value)


def _is_id(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
