"""Who may do what: the one table of roles and permissions."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    GUEST = "guest"
    SALES = "sales"
    ANALYST = "analyst"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing a person may do. Objects (which collection, whose conversation) are decided by `services.access`."""

    CHAT = "chat"  # talk to the assistant at all (guests: FAQ and registration only)
    CHAT_DOCUMENTS = "chat_documents"  # ask the documents and analytics collections, choose provider and parameters
    SEARCH = "search"
    UPLOAD = "upload"
    NICHES = "niches"
    PLAYGROUND = "playground"
    VOICE = "voice"
    CORPORA_READ = "corpora_read"
    CORPORA_MANAGE = "corpora_manage"
    PEOPLE = "people"
    AUDIT = "audit"
    SYSTEM = "system"
    PROFILE = "profile"  # own profile, password, sessions
    API_KEYS = "api_keys"


_GUEST = frozenset({Permission.CHAT})
_SALES = _GUEST | {
    Permission.CHAT_DOCUMENTS,
    Permission.SEARCH,
    Permission.UPLOAD,
    Permission.NICHES,
    Permission.VOICE,
    Permission.PROFILE,
    Permission.API_KEYS,
}
_ANALYST = _SALES | {Permission.PLAYGROUND, Permission.CORPORA_READ}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.GUEST: _GUEST,
    Role.SALES: _SALES,
    Role.ANALYST: _ANALYST,
    Role.ADMIN: frozenset(Permission),
}
