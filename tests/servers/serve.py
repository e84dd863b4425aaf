"""The model servers as a process of their own: `python -m tests.servers.serve`, so that their work is not the product's
and not the clients'. It writes their addresses as one line of JSON and ends with its input."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from core.settings import ROOT
from tests.servers import gemini, ollama, openai
from tests.servers.scripted import Reply

KEY = "key-of-a-scripted-server"


@contextmanager
def apart(pieces: int, pause: float) -> Iterator[dict[str, str]]:
    """The environment of a product that asks servers whose answers have so many pieces, `pause` seconds apart."""
    command = [sys.executable, "-m", "tests.servers.serve", "--pieces", str(pieces), "--pause", str(pause)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        environment: dict[str, str] = json.loads(process.stdout.readline())
        yield environment
        assert process.stdin
        process.stdin.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, required=True)
    parser.add_argument("--pause", type=float, required=True)
    given = parser.parse_args()
    reply = Reply(tuple(f"word{n} " for n in range(given.pieces)), pause=given.pause, stamped=True)
    with ExitStack() as stack:
        one, two, three, four = (stack.enter_context(module.serving()) for module in (ollama, openai, gemini, openai))
        for server in (one, two, three, four):
            server.script.default = reply
        environment = {
            "NICHEWISE_OLLAMA_URL": one.url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{two.url}/v1",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": three.url,
            "NICHEWISE_COMPATIBLE_URL": f"{four.url}/v1",
            "NICHEWISE_COMPATIBLE_API_KEY": KEY,
            "NICHEWISE_COMPATIBLE_MODEL": "gpt-4o-mini",
        }
        sys.stdout.write(json.dumps(environment) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
