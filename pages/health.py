"""Which parts of the service work, how much room they have, and how it is set up."""

from __future__ import annotations

from components import navigation, session
from components.health import parts, settings
from components.i18n import _
from core.roles import Permission


def render() -> None:
    session.require(Permission.SYSTEM)
    navigation.title(_("System health"), _("Asked anew every few seconds while this page is open."))
    parts.follow()
    settings.draw()
