"""Numbers of pages as people write them."""

from __future__ import annotations

from collections.abc import Collection


def ranges(numbers: Collection[int]) -> str:
    """`{3, 7, 8, 9}` as `3, 7-9`."""
    known = set(numbers)
    starts = sorted(n for n in known if n - 1 not in known)
    ends = sorted(n for n in known if n + 1 not in known)
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
