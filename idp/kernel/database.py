"""The database: one declarative base, one Flask-SQLAlchemy object, the pragmas of SQLite.

Flask-SQLAlchemy lives here because the engines, the scoped session and the migrations all hang
off it; nothing here knows a table.
"""

import sqlite3
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

_FOREIGN_KEY_VIOLATION = "23503"
HOT_BIND = "hot"
"""The bind whose connections commit each statement by themselves (see `domain.hot_path`)."""


class Base(DeclarativeBase):
    """What every table's class derives from."""


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def is_postgresql(session: Session) -> bool:
    """Return whether this session's statements go to PostgreSQL (else: SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def normalised_url(url: str) -> str:
    """Return `url` naming the driver we use for PostgreSQL."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str, *, threads: int) -> dict[str, Any]:
    """Return the options of the engine behind the unit-of-work session.

    The pool is as large as the number of threads that can want a connection, so that waiting
    shows in the server's queue and never as an exhausted pool.
    """
    if url.startswith("sqlite"):
        return {
            "connect_args": {"timeout": 5.0, "check_same_thread": False},
            "pool_size": threads,
            "hide_parameters": True,
        }
    return {
        # An error's words end in the log, and parameters hold hashes and addresses.
        "hide_parameters": True,
        "pool_size": threads,
        "max_overflow": 2,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5},
    }


def hot_engine_options(url: str, *, threads: int) -> dict[str, Any]:
    """Return the options of the engine whose statements commit by themselves.

    No pre-ping and no reset on return: both are round trips, and the hot path opens no
    transaction that would have to be reset.
    """
    options = engine_options(url, threads=threads)
    if options.pop("pool_pre_ping", None):
        # Every hot statement finds its rows by unique keys, whatever the values: one plan does.
        options["connect_args"] |= {"options": "-c plan_cache_mode=force_generic_plan -c jit=off"}
    return options | {
        "url": url,
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
        "max_overflow": 0,
    }


def refers_to_nothing(error: IntegrityError) -> bool:
    """Return whether a row was refused because what it refers to is not there (any more)."""
    fault = error.orig
    if isinstance(fault, sqlite3.Error):
        return fault.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return getattr(fault, "sqlstate", None) == _FOREIGN_KEY_VIOLATION


@event.listens_for(Engine, "connect")
def _set_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "synchronous=FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
