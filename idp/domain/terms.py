"""The terms of use: which version counts, and since when.

Their words are a page's business (`idp.journeys.information`). Other words are another version:
raise it here, with the day, and nowhere else.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the terms of use."""

    version: int
    published_on: date


CURRENT: Final = Terms(version=1, published_on=date(2026, 11, 24))
