"""`onepass serve` and `onepass worker`: the two kinds of process this program runs as."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from idp.commands import Workplace, pass_workplace
from idp.domain import exposition
from idp.domain.services import Services
from idp.kernel import metrics_server
from idp.settings import Settings

log = structlog.get_logger(__name__)


@contextmanager
def metrics_port(settings: Settings, services: Services, engine: Engine) -> Iterator[None]:
    """Answer Prometheus while the context lasts, if a port is set.

    Where another worker of this machine has the port, it answers for all of them.
    """
    if settings.metrics_port is None:
        yield
        return

    def answer() -> bytes:
        with Session(engine) as session:
            return exposition.text(session, services)

    with ExitStack() as stack:
        try:
            stack.enter_context(
                metrics_server.serving(
                    settings.metrics_host,
                    settings.metrics_port,
                    "/metrics",
                    exposition.CONTENT_TYPE,
                    answer,
                )
            )
        except OSError as fault:
            log.warning("metrics_port_not_opened", reason=type(fault).__name__)
        yield


@click.command()
@pass_workplace
def serve(workplace: Workplace) -> None:
    """Serve the provider until interrupted, on ONEPASS_HOST and ONEPASS_PORT."""
    settings = workplace.settings
    workplace.engine.dispose()
    Granian(
        "idp.app:from_environment",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.workers,
        blocking_threads=settings.threads,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
@pass_workplace
def worker(workplace: Workplace, once: bool) -> None:
    """Deliver the outbox, seal the audit record, sweep what has expired; until interrupted."""
    if once:
        workplace.work(None)
        return
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    workplace.work(stop)
