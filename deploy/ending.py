"""How a command beside the product ends: with 0, or with one sentence on standard error and 1."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

from core.errors import NichewiseError
from data.dumps import Refused


def ended(work: Callable[[], object], refusal: str, broken_off: Callable[[str], str]) -> int:
    """Does `work`. `refusal` stands before the sentence of a refusal; `broken_off` makes one of the system's reason."""
    try:
        work()
    except (NichewiseError, Refused) as error:
        sys.stderr.write(f"{refusal} {error}\n")
        return 1
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        sys.stderr.write(f"{broken_off('the disk is full' if full else error.strerror or str(error))}\n")
        return 1
    return 0
