"""A plugin of pytest: tests of a planted provider end at once if they see another one."""

from pathlib import Path

import pytest

WRONG_PROVIDER = 77


def pytest_sessionstart() -> None:
    """End unless `idp` is that of the folder in which pytest was started."""
    import idp

    here, imported = Path.cwd().resolve(), Path(idp.__file__).resolve()
    if not imported.is_relative_to(here):
        pytest.exit(f"{imported} is not below {here}", returncode=WRONG_PROVIDER)
