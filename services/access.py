"""Who may read what: setting it, explaining it, and looking at the product through another person's eyes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.entities.access import Explanation, Named, Readers
from core.entities.corpora import Collection, Document
from core.entities.people import Principal, User, UserStatus
from core.entities.retrieval import Retrieval
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission, Role
from data.database import Database
from data.transaction import Stores
from services.retrieval.search import Search

_ONCE_IN = timedelta(minutes=10)  # looking on as the same person is one entry in the audit log
_MOST_PEOPLE = 200
_LONGEST_PAGE = 200


class Access:
    """Every change acts at once, everywhere: `data.access` is asked anew by each request."""

    def __init__(self, db: Database, search: Search) -> None:
        self._db = db
        self._search = search

    # --- readers ----------------------------------------------------------------------------------------------------

    def of_collection(self, principal: Principal, name: str) -> Readers:
        _require(principal, Permission.CORPORA_READ)
        with self._db.begin() as tx:
            return tx.readers.of_collection(tx.collections.find(principal, name).id)

    def set_collection(
        self, principal: Principal, name: str, roles: Iterable[Role], people: Iterable[str] = ()
    ) -> Readers:
        """`people` are e-mails; administrators always read a shared collection. Raises BadInput."""
        _require(principal, Permission.CORPORA_MANAGE)
        with self._db.begin() as tx:
            collection = tx.collections.find(principal, name)
            if collection.owner_id is not None:
                raise BadInput("My documents are for their owner alone.")
            chosen = Readers(_in_order(roles), self._named(tx, people))
            tx.readers.set_collection(collection.id, chosen.roles or (), [one.id for one in chosen.people])
            tx.collections.touch_revision(collection.id)
            self._note(tx, principal, "collection", name, chosen)
        return chosen

    def of_document(self, principal: Principal, document_id: UUID) -> Readers:
        """For those who may change it; who else reads a document is not every reader's business."""
        with self._db.begin() as tx:
            self._changeable(tx, principal, document_id)
            return tx.readers.of_document(document_id)

    def set_document(
        self, principal: Principal, document_id: UUID, roles: Iterable[Role] | None, people: Iterable[str] = ()
    ) -> Readers:
        """`roles` None: as its collection says. Otherwise these roles and people alone, of those who may read the
        collection; none at all: its owner only. Administrators always read it. Raises Forbidden, BadInput."""
        with self._db.begin() as tx:
            document = self._changeable(tx, principal, document_id)
            named = () if roles is None else self._named(tx, people)
            chosen = Readers(None if roles is None else _in_order(roles), named)
            tx.readers.set_document(document_id, chosen.roles, [one.id for one in named])
            tx.collections.touch_revision(document.collection_id)
            self._note(tx, principal, "document", document_id, chosen)
        return chosen

    def may_change(self, principal: Principal, document: Document) -> bool:
        """Its owner, and those who look after corpora."""
        own = principal.user_id is not None and document.owner_id == principal.user_id
        return own or principal.may(Permission.CORPORA_MANAGE)

    def restricted(self, documents: Sequence[Document]) -> set[UUID]:
        """Those that say themselves who may read them, of documents that the caller was given."""
        with self._db.read() as tx:
            return tx.readers.restricted([document.id for document in documents])

    def people(self, principal: Principal) -> Sequence[User]:
        """Whom an administrator may name, or look on as."""
        _require(principal, Permission.PEOPLE)
        with self._db.begin() as tx:
            return tx.users.find("", UserStatus.ACTIVE, limit=1000, offset=0)[0]

    def _changeable(self, tx: Stores, principal: Principal, document_id: UUID) -> Document:
        document = tx.documents.find(principal, document_id)
        if not self.may_change(principal, document):
            raise Forbidden
        return document

    def _named(self, tx: Stores, emails: Iterable[str]) -> tuple[Named, ...]:
        wanted = sorted({email.strip().lower() for email in emails if email.strip()})
        if len(wanted) > _MOST_PEOPLE:
            raise BadInput("Name at most %(limit)s people, or a role.", limit=_MOST_PEOPLE)
        found = {email: tx.users.by_email(email) for email in wanted}
        if missing := [email for email, user in found.items() if user is None]:
            raise BadInput("Nobody here has the e-mail %(email)s.", email=missing[0])
        return tuple(Named(user.id, user.email, user.name) for user in found.values() if user)

    def _note(self, tx: Stores, principal: Principal, kind: str, object_id: object, chosen: Readers) -> None:
        roles = None if chosen.roles is None else [role.value for role in chosen.roles]
        tx.audit.write(principal, f"{kind}.readers", kind, object_id, roles=roles, people=chosen.emails)

    # --- why --------------------------------------------------------------------------------------------------------

    def explain_collection(self, principal: Principal, user_id: UUID, name: str) -> Explanation:
        """Which rules let a person read a collection; none: they may not."""
        with self._db.begin() as tx:
            person = self._person(tx, principal, user_id)
            return tx.readers.why_collection(person, tx.collections.find(principal, name).id)

    def explain_document(self, principal: Principal, user_id: UUID, document_id: UUID) -> Explanation:
        with self._db.begin() as tx:
            person = self._person(tx, principal, user_id)
            return tx.readers.why_document(person, tx.documents.find(principal, document_id).id)

    # --- view as ----------------------------------------------------------------------------------------------------

    def collections_as(self, principal: Principal, user_id: UUID) -> Sequence[Collection]:
        """The shared collections that the person may read, with counts; what is theirs alone stays theirs."""
        with self._db.begin() as tx:
            person = self._person(tx, principal, user_id, view=True)
            return tx.collections.readable(person)

    def documents_as(
        self, principal: Principal, user_id: UUID, collection: str, text: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[Sequence[Document], int]:
        """As `Documents.list`, for the person."""
        limit, offset = min(max(limit, 1), _LONGEST_PAGE), max(offset, 0)
        with self._db.begin() as tx:
            person = self._person(tx, principal, user_id, view=True)
            tx.collections.find(person, collection)
            return tx.documents.page(person, collection=collection, text=text or None, limit=limit, offset=offset)

    def search_as(self, principal: Principal, user_id: UUID, collection: str, question: str, k: int = 5) -> Retrieval:
        """As `Search.search`, for the person."""
        with self._db.begin() as tx:
            person = self._person(tx, principal, user_id, view=True)
        return self._search.search(person, collection, question, k)

    def _person(self, tx: Stores, principal: Principal, user_id: UUID, *, view: bool = False) -> Principal:
        """The person as the one permission function sees them; for administrators, and kept in the audit log."""
        _require(principal, Permission.PEOPLE)
        user = tx.users.get(user_id)
        if user is None:
            raise NotFound("There is no such person.")
        if view:
            self._note_view(tx, principal, user)
        return Principal(role=user.role, user_id=user.id, email=user.email, name=user.name, seen_by=principal.user_id)

    def _note_view(self, tx: Stores, principal: Principal, user: User) -> None:
        since = datetime.now(UTC) - _ONCE_IN
        recent = tx.audit.recent(actor_id=principal.user_id, action="access.view_as", limit=50)
        if not any(entry.object_id == str(user.id) and entry.at > since for entry in recent):
            tx.audit.write(principal, "access.view_as", "user", user.id, email=user.email)


def _require(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise Forbidden


def _in_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    given = set(roles)
    return tuple(role for role in Role if role in given)
