"""Whatever a service can be told has its cause and its cure on the page for service teams.

What can be told is read from the source: an error code beside its words, wherever one is written.
"""

import ast
import importlib
import itertools
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest

from idp.protocol.faults import FAULTS
from idp.web.error_table import Kind

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "service-teams.md").read_text()
FLOORS = ("protocol", "oauth_server", "endpoints", "domain", "journeys")
METADATA = "invalid_client_metadata"
CODES = {
    "access_denied",
    "consent_required",
    "interaction_required",
    "invalid_client",
    METADATA,
    "invalid_grant",
    "invalid_redirect_uri",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "login_required",
    "registration_not_supported",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
}
# Where the page explains what a module answers: the first that fits, else AUTHORIZE.
REGISTER, TOKEN, LATER = "/connect/register", "/token", "/userinfo"
AUTHORIZE = ""
PLACES = (
    (r"idp\.domain\.(clients|team_clients)", REGISTER),
    (r"idp\.endpoints\.registration", REGISTER),
    (r"idp\.protocol\.(client_policy|client_registration|registration_\w+|team_reg\w+)", REGISTER),
    (r"idp\.endpoints\.userinfo|idp\.protocol\.(logout|token_queries)", LATER),
    (r"idp\.oauth_server\.token_queries|idp\.journeys\.sign_out\.steps", LATER),
    (r"idp\.oauth_server\.|idp\.protocol\.(token_checks|client_proof)", TOKEN),
)
CHALLENGE = re.compile(r'error="(\w+)", error_description="([^"]+)"')
# Kinds that only a person can meet, on a page of an account of theirs.
PAGES = {
    Kind.SUSPENDED,
    Kind.BLOCKED,
    Kind.OTHER_BROWSER,
    Kind.NO_COOKIES,
    Kind.FOREIGN_FORM,
    Kind.EXPIRED,
    Kind.FINISHED,
    Kind.SIGNED_OUT,
    Kind.NO_JOURNEY,
    Kind.GONE,
}
# PROTOCOL carries a sentence of its own, which is looked for above; nothing that a service may
# call answers FORBIDDEN.
ELSEWHERE = {Kind.PROTOCOL, Kind.FORBIDDEN}


class Source(ast.NodeVisitor):
    """The pairs of code and words that one module holds."""

    def __init__(self, path: Path) -> None:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self.name = name.removesuffix(".__init__")
        self.module: ModuleType = importlib.import_module(self.name)
        self.found: set[tuple[str, str]] = set()
        self.assigned: dict[str, ast.expr] = {}
        self.visit(ast.parse(path.read_text()))

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.assigned[target.id] = node.value
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called == "on_page":
            self.found |= {("", words) for words in self.texts(node.args[0])}
        elif called == "invalid":
            code = [*self.texts(node.args[1])] if len(node.args) > 1 else [METADATA]
            self.found |= {(code[0], words) for words in self.texts(node.args[0])}
        elif called in {"flag", "limit"} and self.names_a_member(node.args):
            self.found |= {(METADATA, f"Invalid {name}") for name in self.texts(node.args[0])}
        self.beside(node.args)
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self.beside(node.elts)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self.beside([value, key] if key is not None else [])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, str):
            return
        challenge = CHALLENGE.search(node.value)
        if challenge is not None:
            self.found.add((challenge[1], challenge[2]))
        # The registry hands its words down to whatever reads the member.
        if self.place == REGISTER and re.match(r"(Invalid|Insufficient|Inconsistent) ", node.value):
            told = "invalid_redirect_uri" if "Redirect URIs" in node.value else METADATA
            if node.value not in {"Invalid ", "Invalid request"}:  # a template's part; no member's
                self.found.add((told, node.value))

    def beside(self, nodes: list[ast.expr]) -> None:
        """Take each code with the words that follow it."""
        for code, words in itertools.pairwise(nodes):
            for told in self.texts(code):
                if told in CODES:
                    self.found |= {(told, text) for text in self.texts(words)}

    def names_a_member(self, nodes: list[ast.expr]) -> bool:
        return bool(nodes) and isinstance(nodes[0], ast.Constant)

    def texts(self, node: ast.expr) -> Iterator[str]:
        """What an expression says: a literal, a name for one, a template (`…` varies)."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Name):
            value = getattr(self.module, node.id, None)
            if isinstance(value, str):
                yield value
            elif node.id in self.assigned and not isinstance(self.assigned[node.id], ast.Name):
                yield from self.texts(self.assigned[node.id])
        elif isinstance(node, ast.Attribute) and node.attr == "value":
            yield from self.member(node.value)

    def member(self, node: ast.expr) -> Iterator[str]:
        """What a member of an enumeration is called on the wire."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = getattr(getattr(self.module, node.value.id, None), node.attr, None)
            if isinstance(found, Enum):
                yield str(found.value)

    @property
    def place(self) -> str:
        return next((place for rule, place in PLACES if re.match(rule, self.name)), AUTHORIZE)


def sent() -> set[tuple[str, str, str]]:
    """All of them, over the floors that answer services, each with the place it comes from."""
    found: set[tuple[str, str, str]] = set()
    for floor in FLOORS:
        for path in sorted((ROOT / "idp" / floor).rglob("*.py")):
            source = Source(path)
            found |= {(source.place, code, words) for code, words in source.found}
    return {(place, code, words) for place, code, words in found if words not in CODES and words}


def rows(place: str) -> list[str]:
    """The rows of the page's tables about errors of this place."""
    about = PAGE.partition("## When it does not work")[2].split("\n### ")[1:]
    at = (REGISTER, LATER, TOKEN)
    for section in about:
        heading = section.partition("\n")[0]
        if place != AUTHORIZE and f"`{place}`" in heading:
            return section.splitlines()
    return [
        line
        for section in about
        if not any(f"`{other}`" in section.partition("\n")[0] for other in at)
        for line in section.splitlines()
    ]


def test_the_faults_to_ask_for_are_named() -> None:
    assert [fault for fault in FAULTS if f"`{fault}`" not in PAGE] == []


def test_many_errors_are_found() -> None:
    """The ways in which code and words are written that once were overlooked."""
    assert len(sent()) > 100
    assert {
        (AUTHORIZE, "invalid_request", "Request vtr is not permitted"),
        (AUTHORIZE, "", "Trust chain validation failed"),
        (TOKEN, "unauthorized_client", "client deactivated"),
        (LATER, "invalid_request", "invalid id_token_hint"),
        (LATER, "invalid_token", "Invalid access token"),
        (REGISTER, "access_denied", "This team has as many clients as it may have"),
        (REGISTER, "invalid_client_metadata", "Invalid Channel"),
        (REGISTER, "invalid_client_metadata", "Invalid pkce_enforced"),
        (REGISTER, "invalid_redirect_uri", "Invalid Redirect URIs"),
        (REGISTER, "invalid_request", "Missing …"),
    } <= sent()


@pytest.mark.parametrize(("place", "code", "words"), sorted(sent()))
def test_an_error_is_explained(place: str, code: str, words: str) -> None:
    """Code and words stand in one row, at the place where the error comes from."""
    said = re.compile("`" + re.escape(words).replace("…", "[^`]+") + "`")
    assert [line for line in rows(place) if said.search(line) and code in line], (
        f"{place or '/authorize'} answers {code or 'with a page'}: {words}. Why, and what helps?"
    )


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ELSEWHERE])
def test_a_row_of_the_error_table_is_explained(kind: Kind) -> None:
    """Its words for programs, or the heading of the page that a person of the service meets."""
    told = str(kind.value.heading) if kind in PAGES else kind.value.plain
    known = [line for line in rows(AUTHORIZE) if f"`{told}`" in line]
    assert any(str(kind.value.status) in line for line in known), told
