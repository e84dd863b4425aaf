"""Both ends of a child process that answers over its standard input and output."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import IO


def exactly(pipe: IO[bytes], size: int) -> bytes:
    """`size` bytes; EOFError where the other side ends before it has sent them all."""
    parts: list[bytes] = []
    while size:
        part = pipe.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def end(child: subprocess.Popen[bytes]) -> None:
    """Kills the child, whatever it is at, and closes its pipes."""
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what was left unsent is of no use to a process that has ended
                pipe.close()


def claim_standard_output() -> IO[bytes]:
    """In the child: the pipe for answers alone. What a library prints goes where errors go."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers
