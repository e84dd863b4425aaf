"""Browsers and programs by the words that people know them by."""

from __future__ import annotations

import re

from components.i18n import N_, _

_BROWSERS = (  # the first that is found: Edge and Opera call themselves Chrome, Chrome calls itself Safari
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Yandex", re.compile(r"YaBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[.\d]* (?:Mobile/\w+ )?Safari")),
)
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_ON = N_("%(browser)s on %(system)s")


def named(user_agent: str) -> str:
    """Such as "Chrome 128 on Linux"; what is no browser is named by its first word, the unknown is empty."""
    browser = next((f"{name} {found[1]}" for name, sign in _BROWSERS if (found := sign.search(user_agent))), "")
    if not browser:
        return user_agent.split(" ")[0]
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return _(_ON, browser=browser, system=system) if system else browser
