"""A process of its own that serves every queue over a database and a folder until it is ended, or killed."""

import asyncio
import sys
from pathlib import Path

from core import logs
from core.settings import Settings
from jobs.worker import embedded_worker
from services import container


async def serve(url: str, folder: Path) -> None:
    services = container.build(Settings(_env_file=None, var_dir=folder, demo=False), url)
    container.install(services)
    async with embedded_worker(services):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    logs.configure()
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
