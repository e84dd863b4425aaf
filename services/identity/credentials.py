"""What an e-mail address, a name and a password must be."""

from __future__ import annotations

import re
import unicodedata

from core.errors import BadInput, WeakPassword
from core.security import BCRYPT_ROUNDS, hash_password, verify_password

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets
_LONGEST_LOCAL = 64
_LONGEST_NAME = 100
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:localhost|{_LABEL}(?:\.{_LABEL})+)")

# What people choose most where ten characters are asked for; compared in lower case.
_COMMON = frozenset(
    """
    1234567890 0123456789 12345678910 123456789a 1q2w3e4r5t 1q2w3e4r5t6y qwertyuiop qwertyuiop123 qwerty12345
    qwerty123456 password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123 administrator admin12345
    admin123456 letmein123 letmein1234 welcome123 welcome1234 iloveyou123 changeme123 changeme1234 abcdefghij
    abcdefghijk abcd123456 abc1234567 1234512345 1122334455 0987654321 9876543210 qazwsxedcr qazwsxedcrfv
    asdfghjkl1 asdfghjkl123 zxcvbnm123 football123 baseball123 dragon1234 monkey1234 superman123 sunshine123
    princess123 trustno1234 whatever123 nichewise123 nichewise1234 йцукенгшщз йцукенгшщзх пароль12345 пароль123456
    привет12345
    """.split()  # noqa: SIM905 - a wall of words reads better than sixty lines
)


def normal_email(text: str) -> str | None:
    """The address as it is stored, or None if it is not one. ASCII only: SQL and Python lower other letters apart."""
    address = text.strip().lower()
    local = address.partition("@")[0]
    fits = len(address) <= _LONGEST_EMAIL and len(local) <= _LONGEST_LOCAL
    return address if fits and _EMAIL.fullmatch(address) else None


def valid_email(text: str) -> str:
    """The address as it is stored; `BadInput` if it is not one."""
    address = normal_email(text)
    if address is None:
        raise BadInput("This is not an e-mail address. Write it like name@example.com.")
    return address


def valid_name(text: str) -> str:
    """The name on one line, without control characters; `BadInput` if nothing is left or it is too long."""
    visible = "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in text)
    name = " ".join(visible.split())
    if not name:
        raise BadInput("Enter a name.")
    if len(name) > _LONGEST_NAME:
        raise BadInput("The name is longer than %(most)s characters. Shorten it.", most=_LONGEST_NAME)
    return name


def check_password(password: str, email: str) -> None:
    """`WeakPassword` unless people may use `password` for `email`; every character counts, spaces too."""
    if len(password) > LONGEST_PASSWORD:
        raise WeakPassword("The password is longer than %(most)s characters. Shorten it.", most=LONGEST_PASSWORD)
    lowered = password.lower().strip()
    known = (email.lower(), email.lower().partition("@")[0])
    if len(password) < SHORTEST_PASSWORD or len(lowered) < SHORTEST_PASSWORD:
        raise WeakPassword
    if lowered in known or lowered in _COMMON or len(set(lowered)) == 1:
        raise WeakPassword
    if not password.isprintable():
        raise WeakPassword("The password holds a character that cannot be typed. Choose another one.")


class Passwords:
    """Hashes and checks; `rounds` is the cost of bcrypt, of every stored hash and of the one that is nobody's."""

    def __init__(self, rounds: int = BCRYPT_ROUNDS) -> None:
        self._rounds = rounds
        # Any salt and any 31 characters of bcrypt's alphabet: nobody knows a password of it, checking costs the same.
        self._nobody = f"$2b${rounds:02d}$" + "abcdefghijklmnopqrstuu" + "." * 31

    def hash(self, password: str) -> str:
        return hash_password(password, self._rounds)

    def matches(self, password: str, stored: str) -> bool:
        """Costs one bcrypt check whether or not there is a hash to check against."""
        right = verify_password(password[:LONGEST_PASSWORD], stored or self._nobody)
        return right and bool(stored) and len(password) <= LONGEST_PASSWORD
