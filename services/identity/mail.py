"""Mail: written into the outbox with the change that causes it, sent over SMTP afterwards."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from uuid import UUID

from core.entities.people import Letter, Principal
from core.errors import Forbidden
from core.roles import Permission
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from services.identity.smtp import SmtpServer, reason

logger = logging.getLogger(__name__)

_MOST_TRIES = 8  # about two hours, see `Outbox.claim`
_LONGEST_PAGE = 500


class Mail:
    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings

    def queue(self, tx: Stores, to: str, subject: str, body: str) -> None:
        """Writes a letter in the caller's transaction: it is sent at once if that commits, and only then."""
        tx.outbox.add(to, " ".join(subject.split()), body)
        if self._settings.smtp_url is not None:  # who waits for a code should not wait for the next full minute
            tx.jobs.defer("deliver_mail", queue="system", lock="deliver_mail", timestamp=0)

    def deliver(self, limit: int = 50) -> int:
        """Sends letters that wait; how many were sent. Without an SMTP server they stay for administrators to read."""
        if self._settings.smtp_url is None:
            return 0
        sent = 0
        tried: list[UUID] = []
        with SmtpServer(self._settings.smtp_url.get_secret_value()) as server:
            while len(tried) < limit and not server.lost:
                delivered = self._deliver_next(server, tried)
                if delivered is None:
                    break
                sent += delivered
        return sent

    def _deliver_next(self, server: SmtpServer, tried: list[UUID]) -> bool | None:
        """Whether the next letter that was not `tried` was sent; None if none waits.

        It is locked meanwhile, so that two workers never send the same one; a crash between the server's answer and
        the commit sends it again.
        """
        with self._db.begin() as tx:
            letter = tx.outbox.claim(but=tried)
            if letter is None:
                return None
            tried.append(letter.id)
            try:
                server.send(self._message(letter))
            except (smtplib.SMTPException, OSError) as error:
                logger.warning("Mail %s was not sent: %s", letter.id, reason(error))
                tx.outbox.failed(letter.id, reason(error), most=_MOST_TRIES)
                return False
            tx.outbox.sent(letter.id)
            return True

    def list(self, principal: Principal, *, limit: int = 100, offset: int = 0) -> tuple[Letter, ...]:
        """The outbox, newest first, for administrators."""
        if not principal.may(Permission.PEOPLE):
            raise Forbidden
        with self._db.read() as tx:
            return tuple(tx.outbox.recent(limit=min(max(limit, 1), _LONGEST_PAGE), offset=max(offset, 0)))

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.mail_from
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(
            domain=self._settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"
        )
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        message.set_content(letter.body)
        return message
