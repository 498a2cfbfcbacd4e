"""`/logout`, the question before it where one is needed, and the page after it."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask import session as browser_cookie

from idp.domain import id_token_hints, refusals, sessions
from idp.journeys.sign_out import steps
from idp.protocol.id_token_hints import VerifiedHint
from idp.protocol.logout import LogoutDecision, LogoutStep, decide_logout, parse_logout
from idp.protocol.parameters import single_values
from idp.web import cookies, current, headers, i18n
from idp.web.forms import Form
from idp.web.layout import show

blueprint = Blueprint("sign_out", __name__, template_folder="templates")

_LEADS_TO: Final = "leaving_to"
_TOLD: Final = "told"
BECAUSE: Final = "signed_out"


@blueprint.get("/logout")
def logout() -> Response:
    """End the session if the hint is this person's own; ask first if it is not, or missing."""
    decision, state = _decide()
    signed_in = current.signed_in()
    if signed_in is None or decision.step is LogoutStep.END:
        told = _end(signed_in)
        return _gone(decision, state, told)
    browser_cookie[_LEADS_TO] = decision.redirect_to
    if decision.redirect_to is not None:
        headers.allow_form_to(decision.redirect_to)
    return show("sign_out/confirm.html", form=Form(), decision=decision)


@blueprint.post("/logout")
def logout_by_post() -> Response:
    """Take the request by POST (RP-Initiated Logout 1.0 section 2) and carry on as a GET.

    A cross-site POST comes without our cookies, so it cannot know who is signed in.
    """
    return _see_other(
        f"{url_for('sign_out.logout')}?{urlencode(list(request.form.items(multi=True)))}"
    )


@blueprint.post("/logout/confirm")
def confirm() -> Response:
    """End the session of the person who pressed the button."""
    leads_to = browser_cookie.pop(_LEADS_TO, None)
    told = _end(current.signed_in())
    decision = LogoutDecision(LogoutStep.END, leads_to if isinstance(leads_to, str) else None)
    return _gone(decision, None, told)


@blueprint.get("/signed-out")
def signed_out() -> Response:
    """Say that the person is signed out, and which services are being told."""
    if current.signed_in() is not None:
        return _see_other(url_for("sign_out.logout"))
    description = request.args.get("error_description", "")
    code = steps.KNOWN_FAULTS.get(description)
    told = browser_cookie.get(_TOLD, [])
    return show(
        "sign_out/signed_out.html",
        told=[name for name in told if isinstance(name, str)],
        fault=f"{code}: {description}" if code else "",
    )


def _decide() -> tuple[LogoutDecision, str | None]:
    parameters, repeated = single_values(request.args.items(multi=True))
    asked = parse_logout(parameters, repeated)
    hint = id_token_hints.read(current.services().keyring, asked.id_token_hint)
    client = current.client(hint.client_id) if isinstance(hint, VerifiedHint) else None
    subject = steps.subject_of(current.session(), client, current.signed_in())
    i18n.follow_locales(asked.ui_locales)
    decision = decide_logout(asked, hint, client.policy if client else None, subject)
    fact = steps.refusal_to_record(asked, decision, client)
    if fact is not None:
        refusals.record(
            current.session(),
            fact,
            fact.client_id,
            now=current.now(),
            request_id=current.request_id(),
        )
    return decision, asked.state


def _end(signed_in: sessions.BrowserSession | None) -> list[str]:
    if signed_in is None:
        return []
    told = sessions.end(current.session(), current.services(), signed_in, BECAUSE)
    welsh = i18n.language() == "cy"
    return [(service.name_cy if welsh else None) or service.name for service in told]


def _gone(decision: LogoutDecision, state: str | None, told: list[str]) -> Response:
    if decision.redirect_to is not None:
        response = make_response(redirect(decision.redirect_to, _status()))
    else:
        browser_cookie[_TOLD] = told
        said = {
            "error_code": decision.error_code,
            "error_description": decision.error_description if decision.error_code else None,
            "state": state,
        }
        query = urlencode({name: value for name, value in said.items() if value})
        response = _see_other(url_for("sign_out.signed_out") + (f"?{query}" if query else ""))
    cookies.clear_session_cookie(response)
    return response


def _status() -> int:
    # 302 after a GET, as One Login's clients expect; 303 after a form, so that its body stays here.
    return 302 if request.method == "GET" else 303


def _see_other(address: str) -> Response:
    return make_response(redirect(address, _status()))
