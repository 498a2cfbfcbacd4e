"""Tables as files for spreadsheets (RFC 4180), which must not take a cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from flask import Response

_BEGIN_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """Return what stands in a cell: as it is, or behind an apostrophe where it would be run."""
    words = str(value)
    return f"'{words}" if words.lstrip(" ").startswith(_BEGIN_FORMULAS) else words


def text(rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as the text of a file; the first row is the head."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([cell(value) for value in row] for row in rows)
    # The mark lets spreadsheets read Welsh letters as they are.
    return "\ufeff" + written.getvalue()


def file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """Return the rows as a download called `name`, which is ours; the first row is the head."""
    answer = Response(text(rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
