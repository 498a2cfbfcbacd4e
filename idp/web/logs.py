"""Structured logs: one JSON line an event, each with the request's id, none with a secret.

A request is logged by route, never by address: addresses hold codes and tickets.
"""

import logging
import re
import sys
from datetime import UTC, datetime

import orjson
import structlog
from structlog.typing import EventDict

from idp.settings import Settings
from idp.web import current
from idp.web.arrivals import Arrival, under_way

log = structlog.get_logger()

_DETAIL = re.compile(r"^DETAIL:.*?(?=\n\[SQL: |\n\n|\Z)", re.MULTILINE | re.DOTALL)
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: str) -> None:
    """Set up logging for this process: JSON lines on standard error."""
    structlog.configure(
        processors=[
            _name_the_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _leave_out_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        # Standard error as it is when something is said: it may be replaced while we run.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Authlib writes whole tokens at debug level.
    logging.getLogger("authlib").setLevel(logging.INFO)


def init_logs(app: current.Application, settings: Settings) -> None:
    """Log every request of `app` once it is answered."""
    configure(settings.log_level)
    if _LEVELS[settings.log_level] <= _LEVELS["info"]:
        app.tell = _tell


def _leave_out_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Take out what PostgreSQL adds to an error: the failing row, with everything in it."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _DETAIL.sub("DETAIL: left out", event["exception"])
    return event


def _name_the_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    arrival = under_way.get()
    if arrival is not None:
        event["request_id"] = arrival.request_id
    return event


def _tell(arrival: Arrival, route: str | None, status: int) -> None:
    # Past structlog, as one line in one write: this one is written for every request.
    line = orjson.dumps(
        {
            "method": arrival.method,
            "route": route,
            "status": status,
            "source": arrival.source,
            "event": "request_answered",
            "request_id": arrival.request_id,
            "level": "info",
            "timestamp": datetime.fromtimestamp(arrival.now, UTC).isoformat(),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )
    sys.stderr.write(line.decode())
