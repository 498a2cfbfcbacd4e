"""Every notice is listed for people, and sent by somebody or known to be awaited."""

import ast
import re
from pathlib import Path

from idp.domain.notice_texts import NOTICES

ROOT = Path(__file__).resolve().parents[2]

AWAITED = {
    "new_device_signed_in",
}
"""Written, and not yet sent: the rooms that will send them are being built."""

SENDERS = {"notices.send", "notices.send_nobody", "team_notices.tell_managers"}


def sent_by_the_code() -> set[str]:
    """Every kind named in a module that calls one of the senders."""
    found: set[str] = set()
    for path in (ROOT / "idp").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        if any(isinstance(n, ast.Call) and ast.unparse(n.func) in SENDERS for n in nodes):
            found |= {
                node.value
                for node in nodes
                if isinstance(node, ast.Constant) and node.value in set(NOTICES)
            }
    return found


def test_every_notice_is_sent_or_awaited() -> None:
    sent = sent_by_the_code()
    assert "email_code" in sent, "no call was found at all"
    assert sent | AWAITED == set(NOTICES)
    assert sent & AWAITED == set(), "no longer awaited"


def test_the_table_for_people_says_when_each_is_sent() -> None:
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert rows == [
        (notice.kind, notice.sent_when, notice.english.subject) for notice in NOTICES.values()
    ]
