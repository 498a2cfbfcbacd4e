"""Finds a Chromium for the browser tests, or installs one where that is possible.

Standard library only. `find` is also what the tests ask.
"""

import os
import shutil
import sys
from pathlib import Path

from tools.progress import StepFailed, Steps

# The shell is the same browser without what only a window needs: pages take it half the time.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTING = "ONEPASS_CHROMIUM"
# Where Playwright keeps its own, by system; the folder below names the revision.
PLAYWRIGHT = (
    Path.home() / ".cache" / "ms-playwright",
    Path.home() / "Library" / "Caches" / "ms-playwright",
)
# The driver that Playwright brings along is linked with this, and a bare Debian lacks it.
DRIVER_NEEDS = ("libatomic1",)
PLAYWRIGHT_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
WHAT_TO_DO = f"""no Chromium was found, and none could be installed. Any one of these helps:
  - install Chromium or Google Chrome, so that it is on the PATH
  - on Debian or Ubuntu, as root:  apt-get install chromium chromium-headless-shell libatomic1
  - .venv/bin/playwright install --with-deps chromium
  - set {SETTING} to the full path of a Chromium"""


def find(*, whole: bool = False) -> Path | None:
    """The Chromium to use: the one named by ONEPASS_CHROMIUM, one on the PATH, Playwright's.

    A `whole` one has settings, which a person can change and the shell cannot keep.
    """
    named = os.environ.get(SETTING)
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in WHOLE if whole else (SHELL, *WHOLE):
        found = shutil.which(name)
        if found:
            return Path(found)
    folders = [Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or PLAYWRIGHT[0]), *PLAYWRIGHT]
    programs = [
        path for folder in folders for each in PLAYWRIGHT_PROGRAMS for path in folder.glob(each)
    ]
    usable = sorted(path for path in programs if os.access(path, os.X_OK))
    return usable[-1] if usable else None


def stamp() -> str:
    """The place of the Chromium that is there now, or "none"."""
    return str(find() or "none")


def install(progress: Steps) -> None:
    """Leave a Chromium in place; raises StepFailed with what a person can do."""
    named = os.environ.get(SETTING)
    if find():
        return
    if named:
        raise StepFailed(f"{SETTING} names {named}, which cannot be run")
    root = Path(__file__).resolve().parent.parent
    attempts: list[list[list[str | Path]]] = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        get: list[str | Path] = ["apt-get", "-q", "-y", "--no-install-recommends", "install"]
        attempts.append([["apt-get", "-q", "update"], [*get, SHELL, *WHOLE[:1], *DRIVER_NEEDS]])
        attempts.append([[*get, *WHOLE[:1], *DRIVER_NEEDS]])
    attempts.append([[root / ".venv" / "bin" / "playwright", "install", "chromium"]])
    for commands in attempts:
        try:
            for command in commands:
                progress.run(
                    command, cwd=root, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                )
        except StepFailed:
            continue  # the next way may work; the log holds what this one said
        if find():
            return
    raise StepFailed(f"{WHAT_TO_DO}\nWhat was tried is in {progress.log}")


if __name__ == "__main__":
    sys.stdout.write(stamp() + "\n")
