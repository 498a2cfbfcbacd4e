"""The real worker on the test's clock, one round for each line it reads.

A test says when the worker works, so nothing has to be waited for. Each round answers with how
many things were done.
"""

import os
import sys

from sqlalchemy import create_engine

from idp.kernel.database import engine_options
from idp.settings import Settings
from idp.worker import Worker
from tests.support.building import make_services
from tests.support.clock import clock_of
from tests.support.network import resolve_localhost_names


def main() -> None:
    """Work when told to, until the input ends."""
    resolve_localhost_names()
    answers, sys.stdout = sys.stdout, sys.stderr
    settings = Settings.from_environment(os.environ)
    engine = create_engine(
        settings.database_url, **engine_options(settings.database_url, threads=2)
    )
    worker = Worker(make_services(settings, clock_of(os.environ)), engine)
    for _line in sys.stdin:
        print(worker.run_once(), file=answers, flush=True)


if __name__ == "__main__":
    main()
