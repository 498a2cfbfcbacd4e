"""Makes stand-ins for the published base images from Debian's packages, where none can be pulled.

Needs root, `debootstrap` and podman. The images get the very names that Dockerfile and
docker-compose.yml ask for, so neither knows the difference; `deploy/stand_ins/` says what is in
them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.container_compose import ROOT
from tools.container_engines import EngineError, run, works
from tools.container_podman import Podman

DEBIAN = "debian:bookworm-slim"
RECIPES = ROOT / "deploy" / "stand_ins"


def can_be_made() -> bool:
    """Whether this machine has what making stand-ins takes."""
    return os.geteuid() == 0 and shutil.which("debootstrap") is not None


def make(images: Iterable[str], engine: Podman) -> None:
    """Make a stand-in for each image. Raises EngineError where there is no recipe or it fails."""
    for image in images:
        recipe = RECIPES / f"{image.partition(':')[0]}.Dockerfile"
        if not recipe.is_file():
            raise EngineError(f"{image} cannot be pulled, and there is no stand-in for it")
        if not works(["podman", "image", "exists", DEBIAN]):
            _import_debian()
        engine.build_file(recipe, RECIPES, image, ("--isolation", "chroot"))


def _import_debian() -> None:
    with tempfile.TemporaryDirectory(prefix="onepass-base-") as folder:
        tree, archive = Path(folder) / "tree", Path(folder) / "tree.tar"
        run(["debootstrap", "--variant=minbase", "bookworm", str(tree)])
        shutil.rmtree(tree / "var" / "cache" / "apt" / "archives", ignore_errors=True)
        left_out = [f"--exclude=./{name}/*" for name in ("dev", "proc", "sys")]
        run(["tar", "--create", "--file", str(archive), *left_out, "--directory", str(tree), "."])
        run(["podman", "import", str(archive), DEBIAN])
