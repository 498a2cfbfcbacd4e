"""The four departments on the shared clock: `python -m tests.support.run_departments FILE`.

Each is an application of its own on a port of its own; only the process is shared. FILE is a JSON
list of {"port", "environment"}.
"""

import json
import os
import sys
import threading
from pathlib import Path

from werkzeug.serving import make_server

from relying_party_demo.app import create_app
from relying_party_demo.department import read
from tests.support.clock import SharedClock
from tests.support.network import resolve_localhost_names


def main() -> None:
    """Serve all of them until told to end."""
    resolve_localhost_names()
    clock = SharedClock(Path(os.environ["TEST_CLOCK"]))
    threads = []
    for place in json.loads(Path(sys.argv[1]).read_text()):
        environment = place["environment"]
        app = create_app(read(environment["DEPARTMENT"], environment), clock)
        server = make_server("127.0.0.1", place["port"], app, threaded=True)
        threads.append(threading.Thread(target=server.serve_forever, daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
