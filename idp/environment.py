"""Where the environment comes from: the process's own, or what `make demo` left behind."""

from collections.abc import Mapping
from pathlib import Path

DEMO_FILE = Path("var") / "demo.env"
_TELLING = ("ONEPASS_MODE", "ONEPASS_ISSUER", "DATABASE_URL")


def environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return `environ`, with the demo's file beneath it when nothing else says what to run.

    So `onepass` in a checkout where the demo ran speaks of that demo.
    """
    if any(environ.get(name) for name in _TELLING) or not DEMO_FILE.is_file():
        return environ
    lines = DEMO_FILE.read_text("utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs} | dict(environ)
