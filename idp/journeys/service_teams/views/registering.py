"""A new client, one question a page; what was said so far is kept until it is registered."""

from typing import Any, Final

from flask import Response
from flask_babel import lazy_gettext as _

from idp.domain import accounts, client_drafts
from idp.domain.client_drafts import Clashing, NoDraft, TooManyClients
from idp.journeys.service_teams.client_forms import CLASHES
from idp.journeys.service_teams.views.asking import ask, field_of
from idp.journeys.service_teams.views.door import WRITER, console, me, service, to
from idp.protocol import registration_advice as advice
from idp.protocol.errors import InvalidClientMetadata
from idp.web import client_fields as fields
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.layout import show

NEW: Final = "/team/services/<service_id>/clients/new"
CHANGES: Final = {
    "identity_needs_key": "authentication",
    "signed_requests_need_key": "authentication",
    "profile_needs_key": "profile",
    "nothing_to_prove": "claims",
    "identity_is_off": "identity",
    "no_sector": "sector",
}
"""The question that mends each clash."""
CAUTIONS: Final = {
    "fixed_key": _("A key set address lets you change keys without a gap."),
    "no_return_code": _("Without the return code you are told access_denied, and not why."),
    "max_age": _("With max_age people sign in more often. Operators look at it first."),
    "unprotected_requests": _("Neither PKCE nor signed requests protect what your client asks."),
}


@console.page(NEW, WRITER)
def new_client(service_id: str) -> Response:
    """Go on where this person left off."""
    return _on(service_id, _draft())


@console.page(f"{NEW}/<field>", WRITER, ("GET", "POST"))
def new_client_field(service_id: str, field: str) -> Response:
    """Ask one field of the new client."""
    asked, draft = field_of(field), _draft()
    form, answer = ask(asked, draft)
    if answer is not None:
        if answer.given is not None:
            _keep(answer.given)
        if answer.then:
            return to("new_client_field", service_id=service_id, field=answer.then)
        return _on(service_id, _draft())
    return show(
        "service_teams/question.html",
        form=form,
        field=asked,
        registration=draft,
        service=service(),
        progress=_progress(asked.slug),
        of_client=None,
        waits=False,
    )


@console.page(f"{NEW}/check", WRITER, ("GET", "POST"))
def check_new_client(service_id: str) -> Response:
    """Show all answers, and register the client if they can stand together."""
    draft, form = _draft(), Form()
    if form.is_submitted() and not client_drafts.find(current.session(), service_id, me()):
        # Sent again, after it was registered or thrown away.
        return to("service_page", service_id=service_id)
    if _next_question(draft):
        return _on(service_id, draft)
    problems = advice.clashes(draft)
    if form.accepted():
        try:
            made = client_drafts.register(current.session(), current.services(), service(), me())
        except Clashing as clashing:
            problems = clashing.clashes
        except NoDraft:
            return to("service_page", service_id=service_id)
        except TooManyClients:
            return show("service_teams/too_many_clients.html", service=service(), status=400)
        except InvalidClientMetadata as error:
            raise PageRefused(Kind.BAD_REQUEST, sentence=str(error)) from error
        else:
            if made.client_secret:
                # It is shown in this answer alone.
                return show("service_teams/registered.html", made=made, service=service())
            return to(
                "client_page", service_id=service_id, client_id=made.client_id, registered="1"
            )
        return _checked(draft, form, problems, status=400)
    return _checked(draft, form, problems)


@console.page(f"{NEW}/discard", WRITER, ("POST",))
def discard_new_client(service_id: str) -> Response:
    """Throw the answers away."""
    if Form().accepted():
        client_drafts.discard(current.session(), service_id, me())
    return to("service_page", service_id=service_id)


def _checked(
    draft: dict[str, Any], form: Form, problems: list[advice.Clash], status: int = 200
) -> Response:
    return show(
        "service_teams/check_client.html",
        status=status,
        button=form,
        service=service(),
        cards_shown=fields.CARDS,
        draft=draft,
        shown=fields.shown,
        is_asked=fields.is_asked,
        problems=[(CLASHES[each], CHANGES[each]) for each in problems],
        cautions=[CAUTIONS[each] for each in advice.cautions(draft)],
    )


def _keep(given: dict[str, Any]) -> None:
    session, services = current.session(), current.services()
    client_drafts.keep(session, services, service().id, me(), given, begun=_begun())


def _begun() -> dict[str, Any]:
    account = accounts.get(current.session(), me())
    return client_drafts.begun(service(), account.email if account else "")


def _draft() -> dict[str, Any]:
    kept = client_drafts.find(current.session(), service().id, me())
    return _begun() if kept is None else kept


def _next_question(draft: dict[str, Any]) -> str | None:
    """Return the question without which the client cannot be registered, if one is left."""
    if not draft.get("redirect_uris"):
        return "redirect-addresses"
    if advice.Clash.NO_SECTOR in advice.clashes(draft):
        return "sector"
    return None if fields.method_of(draft) else "authentication"


def _on(service_id: str, draft: dict[str, Any]) -> Response:
    question = _next_question(draft)
    if question:
        return to("new_client_field", service_id=service_id, field=question)
    return to("check_new_client", service_id=service_id)


def _progress(slug: str) -> tuple[int, int] | None:
    """Return which of how many necessary questions this is, or None for all others."""
    in_line = {"redirect-addresses": 1, "authentication": 2, "key-address": 3, "public-key": 3}
    return (in_line[slug], 3) if slug in in_line else None
