"""How the C library keeps freed memory, in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from core.settings import ROOT

_CODE = """
import ctypes, threading
from core import memory
memory.configure()
libc = ctypes.CDLL(None)
together = threading.Barrier(12)
def use():
    libc.malloc(100)
    together.wait()
threads = [threading.Thread(target=use) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps memory by thread")
def test_many_threads_share_two_arenas() -> None:
    run = subprocess.run([sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Arena 1:" in run.stderr
    assert "Arena 2:" not in run.stderr
