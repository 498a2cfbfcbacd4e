"""Names templates that no code and no other template asks for.

A template counts as asked for when its name, relative to its `templates` folder, stands as a
string in a Python file, or in an extends, include, import or from of another template.
"""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("idp", "relying_party_demo")
_QUOTED = re.compile(r"""["']([^"'\n]+\.(?:html|txt|xml|js|svg))["']""")


def templates(package: Path) -> dict[str, Path]:
    """Every template of a package by the name it is rendered under."""
    found: dict[str, Path] = {}
    for folder in package.rglob("templates"):
        for path in folder.rglob("*"):
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = path
    return found


def asked_for(package: Path, known: dict[str, Path]) -> set[str]:
    """Every template name that stands in the package's code or templates."""
    names: set[str] = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
    for name, path in known.items():
        text = path.read_text(encoding="utf-8")
        names |= {found for found in _QUOTED.findall(text) if found != name}
    return names


def dead(package: Path) -> list[Path]:
    """The templates of a package that nothing asks for."""
    known = templates(package)
    asked = asked_for(package, known)
    return sorted(path for name, path in known.items() if name not in asked)


def main() -> int:
    """Print the dead templates; 1 if there is any."""
    found = [path for name in PACKAGES for path in dead(ROOT / name)]
    for path in found:
        print(f"{path.relative_to(ROOT)}: no code and no template asks for it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
