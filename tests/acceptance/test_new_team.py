"""A new team, with only the console and its snippet, gets a signed-in page in its own client."""

import re
import time
from pathlib import Path

from tests.acceptance.showing_team_clients import come_to_the_console
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.processes import PYTHON, ROOT, Program, free_port
from tests.support.servers import Street

GUIDE = (ROOT / "docs" / "service-teams.md").read_text()
RUN = """
import runpy, sys
from tests.support.network import resolve_localhost_names
resolve_localhost_names()
runpy.run_path(sys.argv[1], run_name="__main__")
"""
"""How the service is started: where names under localhost are known, as on most machines."""
SAID = re.compile(r"(\d+) pages and (\d+) fields")


def test_a_new_team_has_a_signed_in_page_of_its_own(
    street: Street, visitor: Visitor, citizen: Citizen, tmp_path: Path
) -> None:
    # The team's library compares times with those of this machine.
    street.clock.move(max(0, int(time.time()) - street.clock.now()))
    come_to_the_console(visitor, street, citizen)
    begun, fields = len(visitor.visits), 0
    port = free_port()

    def fill(name: str, value: str) -> None:
        nonlocal fields
        fields += 1
        visitor.fill(name, value)

    visitor.press("Add a service")
    fill("department", "New Team Agency")
    fill("name", f"New team {port}")
    visitor.press("Add the service")
    visitor.press("Register a client")
    fill("value", f"http://localhost:{port}/callback")
    visitor.press("Continue")
    visitor.choose("value", "client_secret_basic")
    fields += 1
    visitor.press("Continue")
    visitor.press("Register the client")
    assert visitor.heading == "Client registered"
    secret = visitor.page.locator("#client-secret").inner_text()
    visitor.press("Copy the settings for your software")
    source = visitor.page.locator("#flask ~ pre").nth(1).inner_text()
    # The list that they begin at, and each page that was shown after it.
    pages = 1 + sum(" 200 " in visit for visit in visitor.visits[begun:])

    (tmp_path / "app.py").write_text(source)
    program = Program(
        "app.py",
        environ={"CLIENT_SECRET": secret, "PYTHONPATH": str(ROOT)},
        log=tmp_path / "log",
        run=(PYTHON[0], "-c", RUN),
        cwd=tmp_path,
    )
    try:
        program.wait_for(f"http://localhost:{port}/")
        visitor.page.goto(f"http://localhost:{port}/")
        visitor.page.get_by_role("link", name="Sign in").click()
        visitor.page.wait_for_url(f"http://localhost:{port}/")
        visitor.page.get_by_text("Signed in as").wait_for()
    finally:
        program.end()
    told = SAID.search(GUIDE)
    assert told is not None
    assert (int(told[1]), int(told[2])) == (pages, fields)
