"""Notices in words: a kind, a language and values become a subject and a plain text.

Values are numbers, or text of a shape in which nobody can put words of their own: what stands in
our mails is believed.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Template
from typing import Final

from babel.dates import format_datetime, get_timezone

from idp.domain import devices
from idp.domain.notice_texts import NOTICES

DEFAULT_LANGUAGE: Final = "en"
TIME_ZONE: Final = "Europe/London"

_SIGNATURES: Final = {
    "en": "Onepass\nThis is a prototype, not a government service.",
    "cy": "Onepass\nPrototeip yw hwn, nid gwasanaeth gan y llywodraeth.",
}
_UK_TIME: Final = {"en": "{} (UK time)", "cy": "{} (amser y DU)"}
_LABELS: Final = {
    "en": ("When: ", "Device: ", "Internet address: "),
    "cy": ("Pryd: ", "Dyfais: ", "Cyfeiriad rhyngrwyd: "),
}

Value = str | int


@dataclass(frozen=True, slots=True)
class Happening:
    """When something happened (seconds since the epoch) and, where known, from which device.

    `device` is a browser's description of itself, `address` where it came from.
    """

    at: int
    device: str = ""
    address: str = ""


def render(
    kind: str, language: str, happening: Happening, values: Mapping[str, Value]
) -> tuple[str, str]:
    """Return subject and body of the notice `kind`, in English if `language` is unknown.

    Raises KeyError for a kind that does not exist, ValueError for values that are not those the
    notice needs.
    """
    notice = NOTICES[kind]
    if set(values) != set(notice.values):
        raise ValueError(f"{kind} needs {notice.values or 'no values'}, not {tuple(values)}")
    spoken = language if language in _LABELS else DEFAULT_LANGUAGE
    words = notice.welsh if spoken == "cy" else notice.english
    written = {name: _WRITERS[name](value, spoken) for name, value in values.items()}
    body = "\n\n".join(
        (
            Template(words.told).substitute(written),
            _details(happening, spoken),
            words.advice,
            _SIGNATURES[spoken],
        )
    )
    return Template(words.subject).substitute(written), f"{body}\n"


def _details(happening: Happening, language: str) -> str:
    found = (
        _moment(happening.at, language),
        devices.described(happening.device, language),
        _address(happening.address),
    )
    labelled = zip(_LABELS[language], found, strict=True)
    return "\n".join(label + text for label, text in labelled if text)


def _moment(value: Value, language: str) -> str:
    moment = datetime.fromtimestamp(int(value), UTC)
    written = format_datetime(moment, "d MMMM y, HH:mm", get_timezone(TIME_ZONE), language)
    return _UK_TIME[language].format(written)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _shaped(shape: str) -> Callable[[Value, str], str]:
    def written(value: Value, _language: str) -> str:
        if not re.fullmatch(shape, str(value)):
            raise ValueError(f"a value of a notice must be like {shape}")
        return str(value)

    return written


_CLIENT_ID: Final = "[A-Za-z0-9._~-]{1,64}"
_WRITERS: Final[Mapping[str, Callable[[Value, str], str]]] = {
    "client": _shaped(_CLIENT_ID),
    "code": _shaped("[0-9]{6}"),
    "left": _shaped("[0-9]{1,2}"),
    "live": _shaped(_CLIENT_ID),
    "number": _shaped("[A-Z0-9-]{4,24}"),
    "until": _moment,
}
"""How each value that a notice can name is written, in the reader's language."""
