"""Structured logs: one JSON line an event, each with the request's id, none with a secret.

A request is logged by route, never by address: addresses hold codes and tickets.
"""

import logging
import sys
from typing import Any

import structlog
from flask import Flask, Response, request

from idp.settings import Settings
from idp.web import current

log = structlog.get_logger()

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: str) -> None:
    """Set up logging for this process: JSON lines on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Authlib writes whole tokens at debug level.
    logging.getLogger("authlib").setLevel(logging.INFO)


def init_logs(app: Flask, settings: Settings) -> None:
    """Log every request of `app` once it is answered."""
    configure(settings.log_level)

    def name_the_request() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=current.request_id())

    def tell(response: Response) -> Response:
        _tell(response)
        return response

    app.before_request(name_the_request)
    app.after_request(tell)


def _tell(response: Response) -> None:
    facts: dict[str, Any] = {
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "source": current.source_address(),
    }
    log.info("request_answered", **facts)
