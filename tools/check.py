"""Every check that needs no running server: each is tried, then all that failed are shown."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def _program(*command: str) -> Callable[[], str | None]:
    def run() -> str | None:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode else None

    return run


def addresses_in_locks() -> str | None:
    """The lines of the lock files that hold a download address; None when there are none."""
    files = [*ROOT.glob("requirements*.txt"), *ROOT.glob("package-lock.json")]
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r'^[^"]*://|"resolved": *"', line)
    ]
    return "\n".join(found) or None


CHECKS: dict[str, Callable[[], str | None]] = {
    "format": _program("ruff", "format", "--check", "."),
    "lint": _program("ruff", "check", "."),
    "types": _program("mypy"),
    "import contracts": _program("lint-imports"),
    "dead templates": _program("python", "-m", "tools.dead_templates"),
    "translations": _program("python", "-m", "tools.translations"),
    "locks": addresses_in_locks,
}


def main() -> int:
    """Run every check; 1 if one found something."""
    complaints: dict[str, str] = {}
    for name, check in CHECKS.items():
        started = time.monotonic()
        print(f"{name} …", end=" ", flush=True)
        complaint = check()
        print("no" if complaint else "ok", f"({time.monotonic() - started:.1f} s)", flush=True)
        if complaint:
            complaints[name] = complaint
    for name, complaint in complaints.items():
        print(f"\n== {name}\n{complaint.rstrip()}")
    if complaints:
        print(f"\nNot clean: {', '.join(complaints)}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
