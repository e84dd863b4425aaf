"""What the list of sessions calls a browser."""

from __future__ import annotations

import pytest

from components.people import devices

MOZILLA = "Mozilla/5.0"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (f"{MOZILLA} (X11; Linux x86_64) {CHROME}", "Chrome 128 on Linux"),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Edg/127.0.0.0", "Edge 127 on Windows"),
        (f"{MOZILLA} (Windows NT 10.0) {CHROME} YaBrowser/24.7.0.0", "Yandex 24 on Windows"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 14.5; rv:129.0) Gecko/20100101 Firefox/129.0", "Firefox 129 on macOS"),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17 on iPhone",
        ),
        (f"{MOZILLA} (Linux; Android 14) {CHROME}", "Chrome 128 on Android"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", ""),
    ],
)
def test_a_browser_is_named_with_its_system(user_agent: str, said: str) -> None:
    assert devices.named(user_agent) == said
