"""One planted provider: `python -m tests.mutants.provider PORT`, started in the copy it serves."""

import os
import signal
import sys
import threading
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

import idp
from idp.settings import Settings
from tests.support import probed
from tests.support.building import make_services
from tests.support.clock import clock_of
from tests.support.network import resolve_localhost_names


def main() -> None:
    """Serve until told to end. Refuses to serve a provider that is not of this folder."""
    here, imported = Path.cwd().resolve(), Path(idp.__file__).resolve()
    if not imported.is_relative_to(here):
        sys.exit(f"{imported} is not below {here}: another provider would have been attacked")
    resolve_localhost_names()
    # Bytecode is kept by its source: a template with a fault in it is compiled anew.
    templates = FileSystemBytecodeCache(os.environ["TEST_TEMPLATES"])
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": templates}
    settings = Settings.from_environment(os.environ)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with probed.serving(settings, make_services(settings, clock_of(os.environ)), int(sys.argv[1])):
        over.wait()


if __name__ == "__main__":
    main()
