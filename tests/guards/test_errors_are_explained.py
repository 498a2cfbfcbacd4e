"""Whatever a service can be told has its cause and its cure on the page for service teams."""

import ast
import importlib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from idp.protocol.faults import FAULTS

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("protocol", "oauth_server", "endpoints", "domain")
CODES = {
    "access_denied",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_client_metadata",
    "invalid_grant",
    "invalid_redirect_uri",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "login_required",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
}


def described(module: str, tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every error code that is written beside its description, with the description."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called == "on_page":
                yield from (("", words) for words in texts(module, node.args[:1]))
                continue
            yield from pairs(module, node.args)
        elif isinstance(node, ast.Tuple):
            yield from pairs(module, node.elts)


def pairs(module: str, nodes: Sequence[ast.expr]) -> Iterator[tuple[str, str]]:
    """The codes among `nodes`, each with the words that follow it."""
    for code, words in itertools.pairwise(nodes):
        if isinstance(code, ast.Constant) and code.value in CODES:
            yield from ((str(code.value), each) for each in texts(module, [words]))


def texts(module: str, nodes: Sequence[ast.expr]) -> Iterator[str]:
    """What the expressions say: literals, constants of the module, and a template's fixed parts."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name) and node.id.isupper():
            value = getattr(importlib.import_module(module), node.id, None)
            if isinstance(value, str):
                yield value
        elif isinstance(node, ast.JoinedStr):
            yield from (
                str(part.value).strip() for part in node.values if isinstance(part, ast.Constant)
            )


def sent() -> set[tuple[str, str]]:
    """All of them, over the floors that answer services."""
    found: set[tuple[str, str]] = set()
    for floor in FLOORS:
        for path in sorted((ROOT / "idp" / floor).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found |= set(described(module.removesuffix(".__init__"), ast.parse(path.read_text())))
    found |= {("invalid_client_metadata", words) for words in broken_rules()}
    return {(code, words) for code, words in found if words not in CODES and words}


def broken_rules() -> Iterator[str]:
    """What the registry says of a member that breaks its rule, but for the many “Invalid X”."""
    for path in sorted((ROOT / "idp" / "protocol").glob("*registration*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "invalid":
                yield from (
                    words for words in texts(path.stem, node.args[:1]) if "Invalid" not in words
                )


def test_the_faults_to_ask_for_are_named() -> None:
    page = (ROOT / "docs" / "service-teams.md").read_text()
    assert [fault for fault in FAULTS if f"`{fault}`" not in page] == []


def explained() -> str:
    """The part of the page that says what to do about errors."""
    page = (ROOT / "docs" / "service-teams.md").read_text()
    return re.sub(r"\s+", " ", page.partition("## When it does not work")[2])


def test_many_errors_are_found() -> None:
    assert len(sent()) > 50
    assert ("invalid_request", "Request vtr is not permitted") in sent()
    assert ("", "Trust chain validation failed") in sent()


@pytest.mark.parametrize(("code", "words"), sorted(sent()))
def test_an_error_is_explained(code: str, words: str) -> None:
    page = explained()
    assert words in page, f"{code}: what does “{words}” come from, and what helps?"
    assert code in page
