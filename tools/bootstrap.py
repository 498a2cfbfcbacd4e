"""Makes a bare checkout ready: `python3 -m tools.bootstrap demo`, `… check` or `… test`.

Needs nothing but Python 3.11 or newer with venv. This file is kept readable to older Pythons, so
that they can say what is wrong; the work itself is in `tools.set_up`.
"""

import os
import shutil
import signal
import subprocess
import sys

OLDEST = (3, 11)
IS_USABLE = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")


def main() -> int:
    """Run the set-up for the goal named on the command line; 0 when everything is ready."""
    if sys.version_info < OLDEST:
        return with_a_newer_python()
    try:
        import ensurepip  # noqa: F401 -- Debian splits it off, and venv fails late without it
        import venv  # noqa: F401
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        print(
            f"Onepass needs Python's venv module, and {sys.executable} has none.\n"
            f"On Debian or Ubuntu:  apt install python3-venv   (or python{version}-venv)",
            file=sys.stderr,
        )
        return 2
    from tools.set_up import prepare

    # Being ended is an interruption like Ctrl-C: what runs beneath is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return prepare(sys.argv[1:])


def with_a_newer_python() -> int:
    """Start over with a newer Python where there is one; else say what is needed."""
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", IS_USABLE], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, "-m", "tools.bootstrap", *sys.argv[1:]])  # noqa: S606
    have = ".".join(map(str, sys.version_info[:3]))
    print(
        f"Onepass needs Python 3.11 or newer; {sys.executable} is {have}.\n"
        "Install a newer one, or name it:  make demo PYTHON=/path/to/python3.12",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
