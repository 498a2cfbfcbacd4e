"""Reading a table of configuration, and saying everything that is wrong with it at once.

Owns: taking typed values out of a TOML table and collecting the problems met on the way.
Owns not: which fields a department has (``relying_party_demo.department``).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class DepartmentError(ValueError):
    """The configuration of a department cannot be used; ``problems`` says why, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Text:
    """The same words in English and in Welsh."""

    en: str
    cy: str

    def within(self, language: str) -> str:
        """The words in ``language``; anything but ``cy`` reads English."""
        return self.cy if language == "cy" else self.en


NO_TEXT = Text("", "")


@dataclass
class Reader:
    """One table being read. Every fault is added to ``problems``; reading goes on to find more."""

    table: Mapping[str, object]
    where: str
    problems: list[str]
    read: set[str] = field(default_factory=set)

    def _take(self, key: str) -> object:
        self.read.add(key)
        return self.table.get(key)

    def fault(self, key: str, why: str) -> None:
        """Note that ``key`` of this table is wrong."""
        self.problems.append(f"{self.where}{key}: {why}")

    def string(self, key: str, pattern: str = r".+") -> str:
        """A string that matches ``pattern`` in full."""
        value = self._take(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self.fault(key, f"must be text like {pattern}")
            return ""
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of ``allowed``; ``default`` stands in when the key is absent."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in allowed:
            self.fault(key, f"must be one of {', '.join(allowed)}")
            return allowed[0]
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when the key is absent."""
        value = self._take(key)
        if not isinstance(value, bool | None):
            self.fault(key, "must be true or false")
        return value is True

    def number(self, key: str, smallest: int, largest: int) -> int:
        """A whole number from ``smallest`` to ``largest``."""
        value = self._take(key)
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not smallest <= value <= largest
        ):
            self.fault(key, f"must be a whole number from {smallest} to {largest}")
            return smallest
        return value

    def optional_number(self, key: str, smallest: int, largest: int) -> int | None:
        """As :meth:`number`, or None when the key is absent."""
        return self.number(key, smallest, largest) if key in self.table else None

    def optional_choice(self, key: str, allowed: Sequence[str]) -> str | None:
        """As :meth:`choice`, or None when the key is absent."""
        return self.choice(key, allowed) if key in self.table else None

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of at least one piece of text."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            self.fault(key, "must be a list of text")
            return ()
        return tuple(value)

    def some(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """A list of some of ``allowed``; empty when the key is absent."""
        if key not in self.table:
            return ()
        values = self.strings(key)
        if not set(values) <= set(allowed):
            self.fault(key, f"must be some of {', '.join(allowed)}")
        return values

    def text(self, key: str) -> Text:
        """Words in both languages: a table with ``en`` and ``cy``."""
        return self.as_text(key, self._take(key))

    def as_text(self, key: str, value: object) -> Text:
        """``value`` as words in both languages."""
        if (
            not isinstance(value, dict)
            or set(value) != {"en", "cy"}
            or not all(isinstance(words, str) and words.strip() for words in value.values())
        ):
            self.fault(key, "must have words in en and in cy, and nothing else")
            return NO_TEXT
        return Text(value["en"], value["cy"])

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of words in both languages."""
        value = self._take(key)
        if not isinstance(value, list) or not value:
            self.fault(key, "must be a list of words in both languages")
            return ()
        return tuple(self.as_text(key, item) for item in value)

    def rows(self, key: str) -> tuple[tuple[Text, ...], ...]:
        """A list of rows, each a list of words in both languages."""
        value = self._take(key)
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            self.fault(key, "must be a list of rows")
            return ()
        return tuple(tuple(self.as_text(key, cell) for cell in row) for row in value)

    def inner(self, key: str) -> "Reader":
        """The reader of a table inside this one."""
        value = self._take(key)
        if not isinstance(value, dict):
            self.fault(key, "must be a table")
            value = {}
        return Reader(value, f"{self.where}{key}.", self.problems)

    def inner_list(self, key: str) -> tuple["Reader", ...]:
        """Readers of a list of tables; none when the key is absent."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(key, "must be a list of tables")
            return ()
        return tuple(
            Reader(item, f"{self.where}{key}[{index}].", self.problems)
            for index, item in enumerate(value)
        )

    def finish(self) -> None:
        """Note every key that nobody asked for: a misspelt setting must not pass silently."""
        for key in sorted(set(self.table) - self.read):
            self.fault(key, "is not a setting of a department")
