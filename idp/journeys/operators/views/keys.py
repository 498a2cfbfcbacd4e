"""Signing keys: what there is, and the steps of their life."""

from typing import Final

from flask import Response
from flask_babel import lazy_gettext as _

from idp.domain import emergency_keys
from idp.journeys.operators import key_steps
from idp.journeys.operators.citizen_forms import ReasonForm
from idp.journeys.operators.key_forms import RINGS, NewKeyForm
from idp.journeys.operators.key_steps import KeySeen, Step
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.layout import show

STATES: Final = {
    "made": _("Made, not published"),
    "published": _("Next: published, does not sign yet"),
    "current": _("Current: signs"),
    "retired": _("Retired: still published"),
    "gone": _("Retired: no longer published"),
    "withdrawn": _("Withdrawn: nothing it signed is trusted"),
}


@console.page("/ops/keys", OPERATOR, command="onepass keys list")
def keys() -> Response:
    """Show every ring with its keys."""
    found = key_steps.rings(current.session(), current.services())
    return show("operators/keys.html", rings=found, names=RINGS, states=STATES)


@console.page("/ops/keys/new", OPERATOR, ("GET", "POST"), command="onepass keys generate")
def new_key() -> Response:
    """Ask what a new key shall sign, and make it."""
    form = NewKeyForm()
    if form.accepted():
        made = key_steps.make(current.session(), current.services(), str(form.ring.data), by=me())
        return to("key", kid=made)
    return show("operators/key_new.html", form=form)


@console.page("/ops/keys/<kid>", OPERATOR, command="onepass keys list")
def key(kid: str) -> Response:
    """Show one key, and what can be done with it."""
    return show("operators/key.html", key=_key(kid), names=RINGS, states=STATES)


@console.page("/ops/keys/<kid>/publish", OPERATOR, ("GET", "POST"), command="onepass keys publish")
def publish_key(kid: str) -> Response:
    """Show a key to services."""
    return _step(kid, Step.PUBLISH)


@console.page(
    "/ops/keys/<kid>/activate", OPERATOR, ("GET", "POST"), command="onepass keys activate"
)
def activate_key(kid: str) -> Response:
    """Let a key sign, when every service can have it."""
    return _step(kid, Step.ACTIVATE)


@console.page("/ops/keys/<kid>/retire", OPERATOR, ("GET", "POST"), command="onepass keys retire")
def retire_key(kid: str) -> Response:
    """Give up a key that never signed."""
    return _step(kid, Step.RETIRE)


@console.page(
    "/ops/keys/<kid>/emergency", OPERATOR, ("GET", "POST"), command="onepass keys emergency"
)
def replace_key(kid: str) -> Response:
    """Ask a second operator to replace a key that somebody may know."""
    seen, form, session = _key(kid), ReasonForm(), current.session()
    if form.accepted():
        services, reason = current.services(), form.reason.text
        if emergency_keys.ask(session, services, seen.row, by=me(), reason=reason):
            return to("key", kid=kid)
    return show(
        "operators/key_emergency.html",
        form=form,
        key=seen,
        names=RINGS,
        successor=emergency_keys.successor(session, seen.row),
        waits=emergency_keys.waits(session, kid),
    )


def _step(kid: str, step: Step) -> Response:
    seen, form, services = _key(kid), Form(), current.services()
    refused = False
    if form.accepted():
        if key_steps.take(current.session(), services, kid, step, by=me()):
            # This process at once; the others read their rings again within 30 seconds.
            current.checkpoint()
            services.keyring.reread()
            return to("key", kid=kid)
        refused = True
    too_early = step is Step.ACTIVATE and (seen.from_when or 0) > current.now()
    return show(
        "operators/key_step.html",
        form=form,
        key=seen,
        names=RINGS,
        step=step.value,
        possible=step in seen.steps and not too_early,
        too_early=too_early,
        status=409 if refused else 200,
    )


def _key(kid: str) -> KeySeen:
    found = key_steps.find(current.session(), current.services(), kid)
    if found is None:
        raise PageRefused(Kind.NOT_FOUND)
    return found
