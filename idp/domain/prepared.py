"""PostgreSQL statements prepared once for each connection and run through libpq itself.

The driver's cursors adapt every value by its type and wait in Python; the hot path's statements
name the type of every parameter, so that nothing has to be guessed, and waiting can be left to
libpq. That is less than half the processor time of a cursor. Whatever is not hot uses SQLAlchemy.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from sqlalchemy.pool import PoolProxiedConnection

_NAME = re.compile(r"\{(\w+)\}")
_BOOL, _BIGINT = 16, 20
_FROM_TEXT: dict[int, Callable[[bytes], Any]] = {_BOOL: lambda value: value == b"t", _BIGINT: int}
"""How a result's text becomes a value, by the type's number in PostgreSQL; else it is text."""


class Statement:
    """One statement that answers with at most one row; `{name}` stands for a parameter.

    `bigints` names the parameters that are numbers; all others are text.
    """

    def __init__(self, name: str, text: str, bigints: frozenset[str]) -> None:
        order: list[str] = []

        def numbered(found: re.Match[str]) -> str:
            parameter = found[1]
            if parameter not in order:
                order.append(parameter)
            kind = "bigint" if parameter in bigints else "text"
            return f"CAST(${order.index(parameter) + 1} AS {kind})"

        self.text = _NAME.sub(numbered, text)
        self._name = name.encode()
        self._order = tuple(order)
        # Text travels in its binary form, by length: a NUL in it is refused, never an end.
        # Known from the first result on: a statement's columns always have the same types.
        self._readers: tuple[Callable[[bytes], Any], ...] | None = None
        self._formats = [Format.TEXT if name in bigints else Format.BINARY for name in order]

    def one(self, pooled: PoolProxiedConnection, parameters: Mapping[str, Any]) -> Any:
        """Run it on a connection that commits by itself; return its row as a tuple, or None.

        Raises psycopg's errors, as a cursor would.
        """
        connection: Any = pooled.driver_connection
        if self._name not in pooled.info:
            prepared = connection.pgconn.prepare(self._name, self.text.encode())
            if prepared.status != ExecStatus.COMMAND_OK:
                raise _fault(connection, prepared)
            pooled.info[self._name] = True
        values = [
            None if (value := parameters[name]) is None else str(value).encode()
            for name in self._order
        ]
        result = connection.pgconn.exec_prepared(self._name, values, self._formats)
        if result.status != ExecStatus.TUPLES_OK:
            raise _fault(connection, result)
        return self._row(result) if result.ntuples else None

    def _row(self, result: "psycopg.pq.abc.PGresult") -> tuple[Any, ...]:
        if self._readers is None:
            self._readers = tuple(
                _FROM_TEXT.get(result.ftype(column), bytes.decode)
                for column in range(result.nfields)
            )
        value_of = result.get_value
        return tuple(
            [
                None if (value := value_of(0, column)) is None else read(value)
                for column, read in enumerate(self._readers)
            ]
        )


def _fault(connection: Any, result: "psycopg.pq.abc.PGresult") -> psycopg.Error:
    if connection.pgconn.status == ConnStatus.BAD:
        return psycopg.OperationalError("the connection is gone")
    return error_from_result(result)
