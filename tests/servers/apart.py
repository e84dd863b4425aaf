"""A model server in a process of its own, so that its work is not counted as the product's.

`python -m tests.servers.apart PIECES PAUSE` serves Ollama's protocol on a free port until its input is closed; every
answer repeats a marker of its question, by which mixed-up sessions are noticed.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.settings import ROOT

MARKER = re.compile(r"\bm[0-9a-f]{8}\b")


@dataclass(frozen=True, slots=True)
class Apart:
    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def apart(*, pieces: int, pause: float) -> Iterator[Apart]:
    """Answers of `pieces` pieces, `pause` seconds before each."""
    command = [sys.executable, "-m", "tests.servers.apart", str(pieces), str(pause)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Apart(f"http://127.0.0.1:{int(process.stdout.readline())}", process)
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()


async def serve(pieces: int, pause: float) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: (\d+)", request, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b"{}"
                await _answer(writer, request.split(b" ")[1].decode(), body.decode(), pieces, pause)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.buffer.read)


async def _answer(writer: asyncio.StreamWriter, path: str, body: str, pieces: int, pause: float) -> None:
    if path != "/api/chat":
        known = {"models": [{"name": "llama3.1:8b", "model": "llama3.1:8b"}], "version": "0.12.0"}
        shown = {"model_info": {"llama.context_length": 131_072}, "details": {}, "capabilities": ["completion"]}
        return await _whole(writer, known | shown)
    marker = MARKER.findall(json.loads(body)["messages"][-1]["content"])
    words = [f"{marker[-1] if marker else 'so'} [1]", *(f" word{n}" for n in range(pieces - 1))]
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
    for word in words:
        await asyncio.sleep(pause)
        _chunk(writer, {"model": "llama3.1:8b", "message": {"role": "assistant", "content": word}, "done": False})
        await writer.drain()
    counts = {"prompt_eval_count": 100, "eval_count": pieces, "done_reason": "stop"}
    _chunk(writer, {"model": "llama3.1:8b", "message": {"role": "assistant", "content": ""}, "done": True} | counts)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _chunk(writer: asyncio.StreamWriter, value: object) -> None:
    line = json.dumps(value).encode() + b"\n"
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


async def _whole(writer: asyncio.StreamWriter, value: object) -> None:
    data = json.dumps(value).encode()
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
    )
    await writer.drain()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
