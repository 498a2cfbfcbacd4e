"""Finds what is missing, stale or unsure in the translations, or brings the catalogues up to date.

`python -m tools.translations` checks, `… update` merges new messages into every catalogue.
English is the language of the messages themselves, so only the other languages have catalogues.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("idp", "relying_party_demo")
KEYWORDS = ("lazy_gettext", "lazy_pgettext:1c,2", "lazy_ngettext:1,2", "_l")


def extract(package: Path, into: Path) -> None:
    """Write the messages of a package's code and templates to `into`."""
    keywords = [argument for keyword in KEYWORDS for argument in ("-k", keyword)]
    shape = ("--no-location", "--omit-header", "--sort-output", *keywords)
    _pybabel("extract", "-F", ROOT / "babel.cfg", *shape, "-o", into, package)


def faults(wanted: Catalog, catalogue: Catalog) -> list[str]:
    """What keeps a catalogue from being whole: missing, stale, fuzzy and empty entries."""
    have = {(message.id, message.context): message for message in catalogue if message.id}
    need = {(message.id, message.context): message for message in wanted if message.id}
    # Without its first entry Babel takes a catalogue for a draft and compiles none of it.
    found = ["the header is missing"] if catalogue.fuzzy else []
    found += [f"missing: {_first(message)!r}" for key, message in need.items() if key not in have]
    found += [f"stale: {_first(message)!r}" for key, message in have.items() if key not in need]
    for key, message in have.items():
        if key in need:
            found += _own_faults(message, catalogue.num_plurals)
    return sorted(found)


def update(path: Path, messages: Catalog) -> None:
    """Merge `messages` into the catalogue at `path`; its header stays as somebody wrote it."""
    header, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
    catalogue = read(path)
    catalogue.update(messages, no_fuzzy_matching=True)
    with path.open("wb") as file:
        file.write(f"{header}\n\n".encode())
        write_po(file, catalogue, ignore_obsolete=True, omit_header=True)


def _own_faults(message: Message, plurals: int) -> list[str]:
    found = [f"fuzzy: {_first(message)!r}"] if message.fuzzy else []
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    wanted = plurals if message.pluralizable else 1
    if len(strings) != wanted or not all(strings):
        found.append(f"not translated: {_first(message)!r}")
    return found + [f"{problem}: {_first(message)!r}" for problem in message.check()]


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _pybabel(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "babel.messages.frontend", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


def read(path: Path) -> Catalog:
    """Read a catalogue."""
    with path.open("rb") as file:
        return read_po(file)


def main() -> int:
    """Check every catalogue, or update it; 1 if a fault was found."""
    broken = False
    for name in PACKAGES:
        folder = ROOT / name / "translations"
        if not folder.is_dir():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            messages = Path(scratch) / "messages.pot"
            extract(ROOT / name, messages)
            wanted = read(messages)
        for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            if sys.argv[1:] == ["update"]:
                update(path, wanted)
                continue
            for fault in faults(wanted, read(path)):
                broken = True
                print(f"{path.relative_to(ROOT)}: {fault}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
