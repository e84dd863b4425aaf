"""`python -m bench [NAME …]` measures all or the named parts, prints the tables, and keeps them in bench/results/."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from importlib import import_module

import psutil

from core.settings import ROOT

PARTS = ("quality", "latency", "ingest", "bulk", "answers", "niches", "router", "guardrails", "startup")
_RESULTS = ROOT / "bench" / "results"


def main(names: list[str]) -> int:
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"There is no measurement {', '.join(sorted(unknown))}. Choose from: {', '.join(PARTS)}")
        return 2
    for name in names or PARTS:
        _measure(name)
    return 0


def _measure(name: str) -> None:
    part = import_module(f"bench.{name}")
    started, load = time.time(), os.getloadavg()[0]
    result = part.run()
    machine = {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "load_before": round(load, 2),
        "took_s": round(time.time() - started),
    }
    text = f"# {(part.__doc__ or name).splitlines()[0]}\n\n{part.report(result)}\n\n{_line(machine)}\n"
    print(text, flush=True)
    (_RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine, **result}, indent=1) + "\n")
    (_RESULTS / f"{name}.md").write_text(text)


def _line(machine: dict[str, float | str | None]) -> str:
    return ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in machine.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
