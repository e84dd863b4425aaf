"""Whether somebody with the right password may enter now."""

from __future__ import annotations

from datetime import UTC, datetime

from core.entities.people import User, UserStatus
from core.errors import Forbidden


def refusal(user: User, *, lasting: bool = False) -> Forbidden | None:
    """Why they may not, or None; with `lasting` an end date does not count."""
    if user.status is UserStatus.PENDING:
        return Forbidden("Your account waits for an administrator to approve it. You get a mail when it is ready.")
    if user.status is UserStatus.DISABLED:
        return Forbidden("Your account is disabled. Ask an administrator to enable it.")
    if not lasting and user.active_until and user.active_until <= datetime.now(UTC):
        day = user.active_until.date().isoformat()
        return Forbidden("Your account ended on %(date)s. Ask an administrator to extend it.", date=day)
    return None
