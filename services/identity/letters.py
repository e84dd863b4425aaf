"""The texts of the mails that the service writes, in the reader's language: each returns subject and body; and how many
of them one person gets."""

from __future__ import annotations

from datetime import timedelta

from core.entities.people import User
from core.i18n import translate
from core.settings import Settings
from data.transaction import Stores
from services.rates import Rate

_TO_ONE = Rate(5, timedelta(hours=1))  # letters that anybody can have sent to somebody


def may_write(tx: Stores, user: User) -> bool:
    """Counts a letter to `user` that somebody asked for without proof of being them; False beyond five an hour."""
    hits, _ = tx.rates.hit(f"letters:{user.id}", _TO_ONE.per)
    return hits <= _TO_ONE.most


def public_url(settings: Settings) -> str:
    """Where people reach the service, from settings alone: a request's own Host could be forged into a mail.

    Without `NICHEWISE_PUBLIC_URL` the first allowed host that is a plain name stands for it.
    """
    if settings.public_url:
        return settings.public_url
    named = [host for host in settings.allowed_hosts if "*" not in host]
    if named:
        return f"https://{named[0]}"
    host = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1") else settings.host  # noqa: S104 - compared
    return f"http://{host}:{settings.port}"


def reset_link(locale: str, link: str, minutes: int) -> tuple[str, str]:
    body = translate(
        locale,
        "Somebody asked to set a new password for your account. Open this link within %(minutes)s minutes:\n\n"
        "%(link)s\n\nIf it was not you, do nothing: your password stays as it is.",
        minutes=minutes,
        link=link,
    )
    return translate(locale, "Set a new password"), body


def invitation(locale: str, link: str, minutes: int) -> tuple[str, str]:
    body = translate(
        locale,
        "An administrator made an account for you. Choose a password within %(minutes)s minutes:\n\n"
        "%(link)s\n\nLater, ask for a new link with “Forgot password”.",
        minutes=minutes,
        link=link,
    )
    return translate(locale, "Your account"), body


def already_registered(locale: str, url: str) -> tuple[str, str]:
    body = translate(
        locale,
        "Somebody tried to register with your e-mail address, which has an account already. If it was you, sign in or "
        "use “Forgot password” at %(url)s. If it was not you, do nothing.",
        url=url,
    )
    return translate(locale, "You have an account already"), body


def one_time_code(locale: str, code: str, minutes: int) -> tuple[str, str]:
    body = translate(
        locale,
        "Your code is %(code)s. It is valid for %(minutes)s minutes and for one use.\n\n"
        "Somebody is creating an account with this e-mail address. If it is not you, do nothing and give the code to "
        "nobody.",
        code=code,
        minutes=minutes,
    )
    return translate(locale, "Your one-time code"), body


def approved(locale: str, url: str) -> tuple[str, str]:
    body = translate(locale, "An administrator approved your account. Sign in at %(url)s.", url=url)
    return translate(locale, "Your account is approved"), body


def password_changed(locale: str, url: str) -> tuple[str, str]:
    body = translate(
        locale,
        "The password of your account was changed. If it was not you, set a new one with “Forgot password” at %(url)s "
        "and tell an administrator.",
        url=url,
    )
    return translate(locale, "Your password was changed"), body
