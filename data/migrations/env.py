"""Alembic's environment: migrates the database whose URL the caller put into the configuration."""

from alembic import context
from sqlalchemy import create_engine, make_url, pool, text

from data.tables import metadata

# One process migrates at a time; the others wait for this transaction-level lock and then find nothing to do.
_LOCK = 0x6E696368


def _ours(_object: object, name: str | None, type_: str, _reflected: bool, _compare_to: object) -> bool:
    """Autogenerate and checks leave procrastinate's tables alone: its own SQL makes them."""
    return not (type_ == "table" and name is not None and name.startswith("procrastinate_"))


def run() -> None:
    url = make_url(context.config.attributes["url"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, include_object=_ours, compare_server_default=True
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            context.run_migrations()
    engine.dispose()


run()
