"""Every message that a form can show, found in the code; and whether some walk has shown it.

A message is what is handed to `say`, `ValidationError`, `ValueError` or `when_empty`, marked for
translation. One that is chosen at run time stands in a table that `say` names, or in the same
function. What a room says must be seen on a page of that room; what fields of all rooms say, on
any page.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = ROOT / "idp" / "web"
ROOMS: Final = ROOT / "idp" / "journeys"
MARKS: Final = frozenset({"_", "gettext", "lazy_gettext", "ngettext"})
SAYING: Final = frozenset({"say", "ValidationError", "ValueError"})
IN_A_RACE: Final = {
    "Somebody else changed these answers. Load the page again": "journeys/test_going_live.py"
}
"""What is only said to somebody whom another was quicker than within one request: no walk can show
it. The test that shows it instead."""


@dataclass(frozen=True, order=True)
class Message:
    """A message and the room that says it; no room is a field's own message."""

    room: str
    words: str

    def is_among(self, shown: set[str]) -> bool:
        """Whether one of the `shown` messages is this one, with its values filled in."""
        literal = re.split(r"%\(\w+\)[sd]", self.words)
        pattern = re.compile(".+".join(re.escape(part) for part in literal))
        return any(pattern.fullmatch(words) for words in shown)


def all_messages() -> set[Message]:
    """Every message of every form that a walk can show."""
    found = {
        Message("", words) for module in sorted(SHARED.glob("*.py")) for words in _in_module(module)
    }
    for room in sorted(path for path in ROOMS.iterdir() if path.is_dir()):
        for module in sorted(room.rglob("*.py")):
            found |= {Message(room.name, words) for words in _in_module(module)}
    return {message for message in found if message.words not in IN_A_RACE}


def unseen(messages: set[Message], shown: Mapping[str, set[str]]) -> set[Message]:
    """Which of the messages no page has shown; `shown` holds English messages by room."""
    anywhere = set().union(*shown.values()) if shown else set()
    return {
        message
        for message in messages
        if not message.is_among(shown.get(message.room, set()) if message.room else anywhere)
    }


def _in_module(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    tables = _tables(path, tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for call in _calls(tree):
        if _name(call) in SAYING:
            yield from _said_by(call.args[-1:], call, functions, tables)
        for keyword in call.keywords:
            if keyword.arg == "when_empty":
                yield from _marked(keyword.value)


def _said_by(
    said: list[ast.expr],
    call: ast.Call,
    functions: list[ast.FunctionDef],
    tables: dict[str, ast.expr],
) -> Iterator[str]:
    for value in said:
        direct = list(_marked(value))
        named = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        listed = [words for name in named & tables.keys() for words in _marked(tables[name])]
        if direct or listed:
            yield from direct + listed
            continue
        # Chosen at run time: everything that the function around it could have chosen.
        for function in functions:
            if any(node is call for node in ast.walk(function)):
                yield from _marked(function)


def _tables(path: Path, tree: ast.Module) -> dict[str, ast.expr]:
    """The tables of messages that a module can name: its own and those it imports."""
    found = dict(_assigned(tree))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("idp."):
            other = ROOT / f"{str(node.module).replace('.', '/')}.py"
            if other.exists() and other != path:
                theirs = dict(_assigned(ast.parse(other.read_text())))
                found |= {
                    name.asname or name.name: theirs[name.name]
                    for name in node.names
                    if name.name in theirs
                }
    return found


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield target.id, node.value


def _marked(node: ast.AST) -> Iterator[str]:
    for call in _calls(node):
        if _name(call) in MARKS:
            first = call.args[0]
            assert isinstance(first, ast.Constant), ast.unparse(call)
            yield str(first.value)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", "")
