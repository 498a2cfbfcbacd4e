"""Makes text of a stranger harmless to show: nothing in it moves a cursor or turns a line round."""

import re
from typing import Any, Final

_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
"""What a terminal, a page or XML would take for more than a letter; line ends and tabs may stay."""


def _named(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def visible(text: str) -> str:
    """The text with every control character written out, as `\\x1b`; lines stay lines."""
    return _CONTROLS.sub(_named, text.replace("\r\n", "\n"))


def in_a_line(text: str) -> str:
    """The text as one line, fit for a terminal."""
    return visible(text).replace("\n", "\\n").replace("\t", " ")


def visible_within(value: Any) -> Any:
    """The same of every text within lists and tables."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): visible_within(within) for key, within in value.items()}
    if isinstance(value, list | tuple):
        return [visible_within(within) for within in value]
    return value
