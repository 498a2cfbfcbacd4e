"""`onepass serve` and `onepass worker`: the two kinds of process this program runs as."""

import signal
import threading
from types import FrameType

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from idp.commands import Workplace, pass_workplace


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
