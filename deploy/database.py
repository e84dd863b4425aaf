"""The database of a site for a command beside the product: an outside one, the running product's, or its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.lock import UNFINISHED, VarLock
from core.settings import Settings
from data.dumps import Refused
from data.embedded import EmbeddedPostgres


@contextmanager
def reached(settings: Settings) -> Iterator[str]:
    """Its URL. Where the product does not run, it cannot be started while the block lasts: it would join a server that
    ends with this command. Raises StartupError, and Refused where there is no database yet."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if not (settings.var_dir / "postgres").is_dir():
        raise Refused(f"There is no database in {settings.var_dir}. Set NICHEWISE_VAR_DIR or NICHEWISE_DATABASE_URL.")
    if (settings.var_dir / UNFINISHED).exists():
        raise Refused(f"A restore into {settings.var_dir} was broken off. Run it again.")
    lock, server = VarLock(settings.var_dir), EmbeddedPostgres(settings.var_dir)
    if lock.claim() is not None:
        yield server.join()
        return
    try:
        yield server.start()
    finally:
        server.stop()
        lock.release()
