"""Runs many `onepass` commands in one process, since starting Python for each takes most time.

`OnepassSession` is what a caller uses. As a program it reads one JSON list of arguments per line
and answers each with one JSON object: what the command printed and its exit code.
"""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class CommandFailed(Exception):
    """A command of the session did not succeed; the message holds what it said."""


class OnepassSession:
    """One installation's command line, open until the block ends."""

    def __init__(self, environ: Mapping[str, str], cwd: Path, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tools.onepass_session"],
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, *arguments: str) -> str:
        """What `onepass <arguments>` prints; raises CommandFailed with what it complains of."""
        if self._process.stdin is None or self._process.stdout is None:
            raise CommandFailed("the command line was closed")
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or "null")
        if answer is None or answer["code"]:
            said = (answer and answer["printed"]) or ""
            complaint = self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise CommandFailed(f"`onepass {' '.join(arguments[:3])} …`:\n{said}{complaint}")
        return str(answer["printed"])


def main() -> None:
    """Answer every line of standard input until it ends."""
    from idp.cli import onepass

    answers = sys.stdout
    for line in sys.stdin:
        printed = io.StringIO()
        code = 0
        with contextlib.redirect_stdout(printed):
            try:
                onepass.main(json.loads(line), prog_name="onepass")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        answers.write(json.dumps({"code": code, "printed": printed.getvalue()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
