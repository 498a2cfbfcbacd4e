"""Where a test comes from: an address of its own, so that no test meets another's limits."""

import itertools
import os

_count = itertools.count(1)


def own_address() -> str:
    """A 127.x.y.z address that no other test of this run has had."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = next(_count)
    return f"127.{10 + int(worker)}.{number // 250 % 250 + 1}.{number % 250 + 1}"
