"""Prepared statements past the driver's cursors: types, refusals, lost connections."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from idp.domain.prepared import Statement

ECHO = Statement(
    "echo",
    "SELECT {number} + 1, {word}, {word} = 'yes', {nothing} WHERE {number} > 0",
    frozenset({"number"}),
)


@pytest.fixture
def pooled(postgres_url: str) -> Iterator[PoolProxiedConnection]:
    engine = sa.create_engine(postgres_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    connection = engine.raw_connection()
    yield connection
    connection.close()
    engine.dispose()


def test_numbers_words_truths_and_nothing_come_back_as_they_are(
    pooled: PoolProxiedConnection,
) -> None:
    for number, word in ((7, "yes"), (2**40, "Cymraeg â'\\ \N{WAVING HAND SIGN}")):
        row = ECHO.one(pooled, {"number": number, "word": word, "nothing": None})
        assert row == (number + 1, word, word == "yes", None)


def test_no_row_is_none(pooled: PoolProxiedConnection) -> None:
    assert ECHO.one(pooled, {"number": 0, "word": "", "nothing": None}) is None


def test_a_nul_is_refused_and_never_ends_a_text(pooled: PoolProxiedConnection) -> None:
    with pytest.raises(psycopg.DataError):
        ECHO.one(pooled, {"number": 1, "word": "yes\0no", "nothing": None})


def test_a_statement_that_cannot_be_prepared_is_a_fault(pooled: PoolProxiedConnection) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        Statement("wrong", "SELEKT 1", frozenset()).one(pooled, {})


def test_a_connection_that_was_ended_is_an_operational_fault(
    pooled: PoolProxiedConnection, postgres_url: str
) -> None:
    values = {"number": 1, "word": "", "nothing": None}
    ECHO.one(pooled, values)
    (own,) = Statement("own", "SELECT pg_backend_pid()::text", frozenset()).one(pooled, {})
    _end(sa.create_engine(postgres_url, poolclass=NullPool), int(own))
    with pytest.raises(psycopg.OperationalError):
        ECHO.one(pooled, values)


def _end(engine: Engine, pid: int) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
