"""Sessions: tickets, browser cookies and access tokens, all opaque; what they allow is looked up each time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.entities.people import Client, Principal, Session, User
from core.errors import NotFound, NotSignedIn
from core.security import new_token, token_hash
from data.database import Database
from data.stores.sessions import Kind
from services.chat.summaries import after_sessions
from services.identity.keys import KEY_PREFIX, Keys

SESSION_COOKIE = "nichewise_session"  # HttpOnly: the session
NONCE_COOKIE = "nichewise_nonce"  # HttpOnly: binds a ticket to the browser that asked for it
LASTS = timedelta(hours=12)
AT_MOST = timedelta(days=7)
_TICKET_LASTS = timedelta(seconds=30)
_STALE_AFTER = timedelta(minutes=1)


class Sessions:
    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    def issue_ticket(self, user: User, nonce: str) -> str:
        """A single-use ticket for 30 s that only the browser with this nonce can exchange for a session.

        A browser without a nonce keeps no cookies and could not stay signed in: NotSignedIn.
        """
        if not nonce:
            raise NotSignedIn(
                "Your browser keeps no cookies of this site. Allow them, reload the page and sign in again."
            )
        ticket = new_token()
        with self._db.begin() as tx:
            tx.sessions.add_ticket(token_hash(ticket), token_hash(nonce), user.id, lasts=_TICKET_LASTS)
        return ticket

    def exchange(self, ticket: str, nonce: str, client: Client) -> tuple[str, Session]:
        """The cookie's value and its session; `NotSignedIn` if the ticket is used, late or of another browser."""
        token = new_token()
        with self._db.begin() as tx:
            user_id = tx.sessions.take_ticket(token_hash(ticket), token_hash(nonce))
            session = (
                tx.sessions.create(user_id, "browser", token_hash(token), client, lasts=LASTS) if user_id else None
            )
            if user_id:
                tx.users.touch_sign_in(user_id)
        if session is None:
            raise NotSignedIn("This sign-in took too long or came from another browser. Sign in again.")
        return token, session

    def issue_token(self, user: User, client: Client) -> tuple[str, Session]:
        """An access token for programs, 12 hours."""
        token = new_token()
        with self._db.begin() as tx:
            return token, tx.sessions.create(user.id, "token", token_hash(token), client, lasts=LASTS)

    def resolve(self, token: str) -> Principal:
        """Who holds this cookie, with the role they have now; `NotSignedIn` once any of it ended."""
        return self._resolve(token, "browser")

    def resolve_bearer(self, token: str) -> Principal:
        """Who holds this access token or API key."""
        if token.startswith(KEY_PREFIX):
            return self._keys.resolve(token)
        return self._resolve(token, "token")

    def _resolve(self, token: str, kind: Kind) -> Principal:
        with self._db.read() as tx:
            seen = tx.sessions.find(token_hash(token), kind, stale_after=_STALE_AFTER)
        if seen is None:
            raise NotSignedIn
        if seen.stale and seen.principal.session_id:
            with self._db.begin() as tx:
                tx.sessions.touch(seen.principal.session_id, lasts=LASTS, at_most=AT_MOST)
        return seen.principal

    def mine(self, principal: Principal) -> tuple[Session, ...]:
        """Live sessions of the caller, the one in use last first."""
        with self._db.read() as tx:
            return tuple(tx.sessions.of(_user_id(principal)))

    def revoke(self, principal: Principal, session_id: UUID) -> None:
        with self._db.begin() as tx:
            if not tx.sessions.revoke(_user_id(principal), session_id):
                raise NotFound
            tx.audit.write(principal, "session.revoked", "session", session_id)

    def revoke_others(self, principal: Principal) -> int:
        """Ends every session of the caller but this one; how many."""
        with self._db.begin() as tx:
            ended = tx.sessions.revoke_all(_user_id(principal), but=principal.session_id)
            tx.audit.write(principal, "session.revoked_others", "user", principal.user_id, count=ended)
        return ended

    def sign_out(self, token: str, client: Client | None = None) -> None:
        """Ends the session with this token, if there is one."""
        with self._db.begin() as tx:
            user = tx.sessions.revoke_token(token_hash(token))
            if user:
                tx.audit.write(user, "sign_out", "user", user.id, ip=client.ip if client else "")
                after_sessions(tx)


def _user_id(principal: Principal) -> UUID:
    if principal.user_id is None:
        raise NotSignedIn
    return principal.user_id
