"""Planted faults: what each one is, and the copy of the provider that has it.

A fault is one text edit, kept as data in `tests/mutants/catalogue/`; nothing in `idp/` can switch
one on. `make mutants` shows that the probe notices each of them (`tests/mutants/`).
"""

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
CATALOGUE: Final = ROOT / "tests" / "mutants" / "catalogue"
NOT_PLANTED: Final = ROOT / "tests" / "mutants" / "not_planted.toml"
BESIDE: Final = ("migrations", "relying_party_demo", "tests", "tools", "pyproject.toml")
"""What the copy sees of the checkout beside the provider itself."""
_FIELDS: Final = frozenset({"fault", "file", "find", "replace", "rows"})


class FaultUnusable(Exception):
    """A planted fault cannot be used as its data describes it; the message says why."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: in `file`, `find` stands once and becomes `replace`; `rows` should notice.

    `white`: those rows are judged by tests of `tests/white_box/`, which see inside.
    """

    id: str
    fault: str
    file: str
    find: str
    replace: str
    rows: tuple[str, ...]
    white: bool = False


def load(folder: Path = CATALOGUE) -> dict[str, Mutant]:
    """Every planted fault by its id, in the catalogue's order. Raises FaultUnusable."""
    found: dict[str, Mutant] = {}
    for file in sorted(folder.glob("*.toml")):
        for mutant_id, about in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if mutant_id in found:
                raise FaultUnusable(f"{mutant_id} is there twice")
            found[mutant_id] = _mutant(mutant_id, about)
    return found


def not_planted(file: Path = NOT_PLANTED) -> dict[str, str]:
    """Why a fault that others would plant is not, by its id."""
    return dict(tomllib.loads(file.read_text(encoding="utf-8")))


def _mutant(mutant_id: str, about: Mapping[str, Any]) -> Mutant:
    if not about.keys() >= _FIELDS or not about.keys() <= _FIELDS | {"white"}:
        raise FaultUnusable(f"{mutant_id} must have {', '.join(sorted(_FIELDS))}, and may be white")
    if not about["rows"]:
        raise FaultUnusable(f"{mutant_id} names no row that should notice")
    return Mutant(id=mutant_id, **(dict(about) | {"rows": tuple(about["rows"])}))


def edited(mutant: Mutant, root: Path = ROOT) -> str:
    """The text of its file with the fault in it. Raises FaultUnusable unless it fits once."""
    text = (root / mutant.file).read_text(encoding="utf-8")
    times = text.count(mutant.find)
    if times != 1:
        raise FaultUnusable(f"{mutant.id}: its find stands {times} times in {mutant.file}")
    return text.replace(mutant.find, mutant.replace)


def copy(folder: Path) -> Path:
    """Lay a copy of the provider into `folder`: a program started there runs that and no other."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "idp", folder / "idp")
    for name in BESIDE:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


def plant(mutant_id: str, folder: Path) -> Path:
    """Lay a copy of the provider with one fault into `folder`, and return that.

    A program has the fault if it is started there: with `folder` as its working directory and
    first in PYTHONPATH. Raises FaultUnusable, also for a fault that nobody knows.
    """
    known = load()
    if mutant_id not in known:
        raise FaultUnusable(f"no fault is called {mutant_id}; there are {', '.join(known)}")
    mutant = known[mutant_id]
    text = edited(mutant)
    copy(folder)
    (folder / mutant.file).write_text(text, encoding="utf-8")
    return folder
