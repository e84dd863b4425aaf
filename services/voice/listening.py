"""The process that reads recordings for `services.voice.ear`: niced, bounded in memory, ends when it has nothing to do.

A frame is a line of JSON that says how many `bytes` come behind it, and those. The first frame are the orders, each one
after it a recording; every recording gets one frame back.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from core import pipes
from core.errors import NichewiseError

_NICER = 10
_MEGABYTE = 1_000_000
_LOOKS = 1.0  # seconds between two looks at whether the parent lives


def send(pipe: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    pipe.write(json.dumps(head | {"bytes": len(body)}).encode() + b"\n")
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """One frame; EOFError where the other side ended before it was whole."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head: dict[str, Any] = json.loads(line)
    return head, pipes.exactly(pipe, head["bytes"])


class _Listener:
    """Answers one recording after another; the model is loaded with the first that needs it."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._most_seconds: int = orders["most_seconds"]
        self._weights: dict[str, Any] | None = orders["weights"]
        self._model: Any = None

    def answer(self, request: dict[str, Any], recording: bytes) -> tuple[dict[str, Any], bytes]:
        from services.voice import sound

        samples = sound.decode(recording, self._most_seconds)
        about = {"seconds": samples.size / sound.RATE, "text": "", "language": ""}
        if not sound.has_speech(samples):
            return about, b""
        if request["do"] == "clean":
            return about, sound.as_wav(samples)
        text, language = self._whisper().write_down(samples, request["language"])
        return about | {"text": text, "language": language}, b""

    def _whisper(self) -> Any:
        if self._model is None:
            from services.voice.weights import Weights
            from services.voice.whisper import Whisper

            assert self._weights is not None  # noqa: S101 - whoever has none does not ask
            self._model = Whisper(Weights(**self._weights | {"models": Path(self._weights["models"])}))
        return self._model


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Until the parent closes the pipe, or nothing comes for the idle time."""
    orders, _ = receive(requests)
    _bound(orders["memory_mb"])
    listener = _Listener(orders)
    while select.select([requests], [], [], orders["idle"])[0]:
        request, recording = receive(requests)
        try:
            send(answers, *listener.answer(request, recording))
        except NichewiseError as error:
            send(answers, {"error": type(error).__name__, "sentence": error.template, "values": _plain(error.values)})
        except MemoryError:
            send(answers, {"error": "MemoryError"})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}


def _bound(memory_mb: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from services.voice.whisper import has_card

    if not has_card():  # a graphics card's memory counts as address space
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * _MEGABYTE,) * 2)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOKS)
    os._exit(0)


def main() -> None:
    os.nice(_NICER)
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    answers = pipes.claim_standard_output()
    try:
        _serve(os.fdopen(0, "rb", buffering=0), answers)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return  # the parent is gone or no longer interested


if __name__ == "__main__":
    main()
