"""Test citizens of a service: made, looked at with all they sign in with, and deleted."""

from flask import Response, abort
from flask_babel import gettext as _

from idp.domain import notices
from idp.domain import test_citizens as kept
from idp.domain.accounts import EmailTaken
from idp.domain.authenticator_apps import STEP_SECONDS, in_groups
from idp.domain.test_citizens import Made, TestCitizen, TooManyTestCitizens
from idp.journeys.service_teams.test_citizen_forms import STATE_WORDS, NewTestCitizenForm
from idp.journeys.service_teams.views.door import WRITER, console, me, service, to
from idp.web import current, i18n
from idp.web.forms import Form, say
from idp.web.layout import show


@console.page("/team/services/<service_id>/test-citizens", WRITER)
def test_citizens(service_id: str) -> Response:
    """Show the test citizens of the service, and how far each is now."""
    _not_in_production()
    session = current.session()
    listed = [
        (each, kept.state_of(session, each).value) for each in kept.of_service(session, service_id)
    ]
    return show(
        "service_teams/test_citizens.html",
        service=service(),
        listed=listed,
        state_words=STATE_WORDS,
        most=kept.MOST,
    )


@console.page("/team/services/<service_id>/test-citizens/new", WRITER, ("GET", "POST"))
def new_test_citizen(service_id: str) -> Response:
    """Make one, in the state that is wanted."""
    _not_in_production()
    form = NewTestCitizenForm()
    if form.accepted():
        services = current.services()
        password = f"test {services.entropy.short_token()}"
        # No transaction waits for a hash.
        current.checkpoint()
        password_hash = services.hasher.hash(password)
        try:
            made = kept.make(
                current.session(),
                services,
                service_id,
                name=form.name.text,
                state=Made(form.state.data),
                password=password,
                password_hash=password_hash,
                language=i18n.language(),
                by=me(),
            )
        except EmailTaken:
            say(form.name, _("There is a test citizen of that name already"))
        except TooManyTestCitizens:
            say(form.name, _("There are 50 test citizens: delete one first"))
        else:
            return to("test_citizen", service_id=service_id, citizen_id=made.id)
    return show("service_teams/new_test_citizen.html", form=form, service=service())


@console.page("/team/services/<service_id>/test-citizens/<citizen_id>", WRITER)
def test_citizen(service_id: str, citizen_id: str) -> Response:
    """Show everything that this citizen signs in with, the code of this moment too."""
    found, session, services = _found(service_id, citizen_id), current.session(), current.services()
    password, seed = kept.secrets_of(services, found)
    mailed = None
    if services.settings.mailbox:
        letters = notices.in_mailbox(session, to=found.email)
        mailed = next((letter.code for letter in letters if letter.code), None)
    return show(
        "service_teams/test_citizen.html",
        service=service(),
        citizen=found,
        state=STATE_WORDS[kept.state_of(session, found).value],
        password=password,
        seed=" ".join(in_groups(seed)),
        code=kept.code_of(seed, current.now()),
        seconds_left=STEP_SECONDS - current.now() % STEP_SECONDS,
        mailed=mailed,
    )


@console.page(
    "/team/services/<service_id>/test-citizens/<citizen_id>/delete", WRITER, ("GET", "POST")
)
def delete_test_citizen(service_id: str, citizen_id: str) -> Response:
    """Delete one, once it is confirmed."""
    found = _found(service_id, citizen_id)
    form = Form()
    if form.accepted():
        kept.delete(current.session(), current.services(), found, by=me())
        return to("test_citizens", service_id=service_id)
    return show(
        "service_teams/delete_test_citizen.html", form=form, service=service(), citizen=found
    )


def _found(service_id: str, citizen_id: str) -> TestCitizen:
    _not_in_production()
    found = kept.find(current.session(), service_id, citizen_id[:32])
    if found is None:
        abort(404)
    return found


def _not_in_production() -> None:
    if current.services().settings.mode == "production":
        abort(404)
