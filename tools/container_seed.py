"""Inside the image: fills an empty installation, once: tables, keys, registrations, people.

The steps are those of `make demo`, with the addresses of docker-compose.yml. What is there
already stays, so that a second start changes nothing.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.demo_installation import (
    DEPARTMENTS,
    ROOT,
    Demo,
    InstallationFailed,
    make_records,
    read_description,
    write_privately,
)
from tools.onepass_session import CommandFailed, OnepassSession

HOME = Path("/var/lib/onepass")
OURS = ("ONEPASS_", "DATABASE_URL")


@dataclass(frozen=True)
class ComposeDemo(Demo):
    """The demo where compose runs it: every address and setting comes from the environment."""

    @property
    def issuer(self) -> str:
        """The issuer, with its trailing slash."""
        return self.inherited["ONEPASS_ISSUER"]

    def department_url(self, slug: str) -> str:
        """A department's own address behind the proxy; the name is its service's in compose."""
        port = self.issuer.rstrip("/").rpartition(":")[2]
        return f"https://{slug}.localhost:{port}"

    def settings(self) -> dict[str, str]:
        """The provider's settings, as compose gave them to this container."""
        return {key: text for key, text in self.inherited.items() if key.startswith(OURS)}


def main() -> int:
    """Fill what is missing; 1 after saying which step failed."""
    demo = ComposeDemo(8000, HOME / "demo", HOME / "keys", dict(os.environ))
    log = Path("/tmp/commands.log")  # noqa: S108 -- the one folder of a container to write to
    try:
        with OnepassSession(demo.environ(), ROOT, log) as onepass:
            onepass.run("db", "upgrade")
            description = make_records(demo, onepass, read_description(demo.var))
    except (CommandFailed, InstallationFailed) as problem:
        print(f"The installation was not filled: {problem}", file=sys.stderr)
        return 1
    write_privately(demo.var / "demo.json", json.dumps(description, indent=2) + "\n")
    citizen = description["citizen"]
    print(f"{len(DEPARTMENTS)} departments registered. Open {demo.issuer} and sign in:")
    print(f"  {citizen['email']}  {citizen['password']}  key {citizen['totp_secret']}")
    print(json.dumps(description))  # the same for programs, on one line
    return 0


if __name__ == "__main__":
    sys.exit(main())
