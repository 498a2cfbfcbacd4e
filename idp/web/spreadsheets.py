"""Tables as files for spreadsheets (RFC 4180), which must not take a cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from flask import Response

_BEGIN_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """Return what stands in a cell: as it is, or behind an apostrophe where it would be run."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_BEGIN_FORMULAS) else text


def file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """Return the rows as a download called `name`, which is ours; the first row is the head."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([cell(value) for value in row] for row in rows)
    # The mark lets spreadsheets read Welsh letters as they are.
    answer = Response("\ufeff" + written.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
