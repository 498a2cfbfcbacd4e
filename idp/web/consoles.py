"""A console: pages that need a role, each of which stands in one table with the role it needs.

Owns: that no page of a console exists without a role, that who lacks it is refused and the refusal
recorded, and which command does the same. Does not own who has which role: a room's `admit` does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, g, request

from idp.domain import audit, test_citizens
from idp.domain.console_facts import ConsoleRefused
from idp.domain.sessions import BrowserSession
from idp.web import current, own_pages
from idp.web.errors import Kind, PageRefused
from idp.web.own_pages import OwnPages

ANYBODY: Final = "signed_in"
"""The role of whoever is signed in at `Cl.Cm`."""


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the table of pages. `command` is what an operator types for the same."""

    rule: str
    endpoint: str
    methods: tuple[str, ...]
    role: str
    command: str | None


class NotForThem(Exception):
    """This person may not see the page; `hidden` when they may not know that it exists.

    `service_id` is the service it is about, if there is one.
    """

    def __init__(self, *, hidden: bool, service_id: str | None = None) -> None:
        super().__init__("not for them")
        self.hidden = hidden
        self.service_id = service_id


Admit = Callable[[BrowserSession, str, Mapping[str, Any]], None]
"""Raises NotForThem unless this person has the role, for what the address names."""


class Console(Blueprint):
    """The blueprint of a console. Its pages are added with `page`, which asks for a role."""

    def __init__(self, name: str, import_name: str, *, pages: OwnPages, admit: Admit) -> None:
        super().__init__(name, import_name, template_folder="../templates")
        self.own_pages = pages
        self.pages: list[Page] = []
        self._admit = admit
        self.before_request(self._let_in)

    def page(
        self,
        rule: str,
        role: str,
        methods: tuple[str, ...] = ("GET",),
        *,
        command: str | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return the decorator that makes a view the page at `rule`, for whoever has `role`."""

        def add(view: Callable[..., Any]) -> Callable[..., Any]:
            name = view.__name__
            self.pages.append(Page(rule, f"{self.name}.{name}", methods, role, command))
            self.add_url_rule(rule, name, view, methods=list(methods))
            return view

        return add

    def _let_in(self) -> Response | None:
        """Let nobody see a page who is not signed in at `Cl.Cm`, or lacks its role."""
        on_the_way = own_pages.sign_in_first(self.own_pages)
        if on_the_way is not None:
            return on_the_way
        signed_in = current.signed_in()
        if signed_in is None:
            raise PageRefused(Kind.GONE)
        seen = current.seen()
        if seen is not None and test_citizens.is_one(seen.facts.email):
            # Whose password a whole team knows has no part in running anything.
            raise PageRefused(Kind.FORBIDDEN)
        roles = {page.endpoint: page.role for page in self.pages}
        needed = roles[str(request.endpoint)]
        try:
            self._admit(signed_in, needed, request.view_args or {})
        except NotForThem as refused:
            fact = ConsoleRefused(
                account_id=signed_in.account_id,
                sid=signed_in.sid,
                page=str(request.endpoint),
                needed=needed,
                service_id=refused.service_id,
            )
            audit.record(
                current.session(), fact, now=current.now(), request_id=current.request_id()
            )
            # No view follows, whose end would write this down.
            current.checkpoint()
            raise PageRefused(Kind.NOT_FOUND if refused.hidden else Kind.FORBIDDEN) from refused
        g.console_session = signed_in
        return None


def me() -> BrowserSession:
    """Return the session of whoever was let in."""
    signed_in: BrowserSession = g.console_session
    return signed_in
