"""Compiles what builds the addresses of a route once for all applications of a test process.

Each test has an application of its own, with the same routes: making the same functions anew took
most of the time that an application takes to make.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_addresses_once() -> None:
    """Let rules that say the same share their builder. A rule with defaults compiles its own."""
    compile_builder: Callable[[Rule, bool], Builder] = Rule._compile_builder
    known: dict[tuple[Any, ...], Builder] = {}

    def shared(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        kinds = tuple((name, type(kind)) for name, kind in rule._converters.items())
        said = (rule.rule, rule.subdomain, rule.host, append_unknown, kinds)
        if said not in known:
            known[said] = compile_builder(rule, append_unknown)
        return known[said]

    Rule._compile_builder = shared  # type: ignore[assignment, method-assign]
