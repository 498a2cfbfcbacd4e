"""The real provider on the test's clock: `python -m tests.support.run_provider PORT [THREADS]`.

It is the server and the application of production; only its clock, where TEST_CLOCK names one,
and its view of the names below `localhost` are the test's.
"""

import os
import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from idp.app import create_app
from idp.settings import Settings
from tests.support.building import make_services
from tests.support.clock import clock_of
from tests.support.network import resolve_localhost_names


def create() -> Flask:
    """The application that this process's environment describes."""
    resolve_localhost_names()
    settings = Settings.from_environment(os.environ)
    return create_app(settings, make_services(settings, clock_of(os.environ)))


def main() -> None:
    """Serve until told to end."""
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    Granian(
        "tests.support.run_provider:create",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        respawn_failed_workers=False,
    ).serve()


if __name__ == "__main__":
    main()
