"""Values for every notice there is."""

from idp.domain.notice_rendering import Value
from tests.support.clock import NOON

VALUES: dict[str, Value] = {
    "client": "tax_2",
    "code": "271828",
    "left": 7,
    "live": "tax_live",
    "number": "AB12-CD34",
    "until": NOON + 7 * 86_400,
}
"""One for each name that a notice can need."""
