"""Copies what pages are served from `node_modules` into two ignored folders.

One is the provider's, one the departments', which are outsiders and share nothing with it.
Run by the set-up and by the container build: `python3 -m tools.assets`. GDS Transport, the crown
and the government's icons are reserved for service.gov.uk, so neither they nor any rule that
names them is copied.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules" / "govuk-frontend" / "dist" / "govuk"
TARGET = ROOT / "idp" / "web" / "static" / "govuk"
TARGETS = (TARGET, ROOT / "relying_party_demo" / "static" / "govuk")

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_CREST = re.compile(r"url\(/assets/images/govuk-crest\.svg\)")
_RESERVED_FONT = re.compile(r"GDS Transport\s*,\s*")
_SOURCE_MAP = re.compile(r"(/\*#\s*sourceMappingURL=.*?\*/|//#\s*sourceMappingURL=.*)\s*$")


def served_css(css: str) -> str:
    """The stylesheet without reserved fonts and images; raises ValueError if any is left."""
    css = _FONT_FACE.sub("", css)
    css = _CREST.sub("none", css)
    css = _RESERVED_FONT.sub("", css)
    css = _SOURCE_MAP.sub("", css)
    for reserved in ("GDS Transport", "/assets/"):
        if reserved in css:
            raise ValueError(f"the stylesheet still names {reserved!r}")
    return css


def build(source: Path = SOURCE, target: Path = TARGET) -> None:
    """Make `target` anew from `source`; a reader never sees it half made."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    css = (source / "govuk-frontend.min.css").read_text(encoding="utf-8")
    script = (source / "govuk-frontend.min.js").read_text(encoding="utf-8")
    (fresh / "govuk-frontend.min.css").write_text(served_css(css), encoding="utf-8")
    (fresh / "govuk-frontend.min.js").write_text(_SOURCE_MAP.sub("", script), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def build_all() -> None:
    """Make every target anew."""
    for target in TARGETS:
        build(target=target)


if __name__ == "__main__":
    if not SOURCE.is_dir():
        sys.exit("node_modules holds no govuk-frontend: run `npm ci` or `make demo` first")
    build_all()
