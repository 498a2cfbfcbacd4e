"""Writes `requirements*.txt` from `pyproject.toml`: exact versions and hashes, no addresses.

`requirements.txt` runs Onepass, `requirements-build.txt` turns a checkout into something that
runs, `requirements-dev.txt` is both and the tests. Each of these agrees with those before it.
`requirements-interop.txt` is for itself: what other people's clients need in their environment.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--upgrade"),
    *("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-annotate"),
    # A requirement of `coverage[toml]` is only seen as pinned by older pips if the extra is named.
    "--no-strip-extras",
)
FILES = {
    "requirements.txt": ("pyproject.toml",),
    "requirements-build.txt": ("--group", "build", "-c", "requirements.txt"),
    "requirements-dev.txt": (
        *("pyproject.toml", "--group", "dev"),
        *("-c", "requirements.txt", "-c", "requirements-build.txt"),
    ),
    "requirements-interop.txt": ("--group", "interop"),
}


def main() -> None:
    """Compile every file in order; stops at the first that has no solution."""
    for name, sources in FILES.items():
        subprocess.run([*COMPILE, *sources, "-o", name], cwd=ROOT, check=True)
        print(name)


if __name__ == "__main__":
    main()
