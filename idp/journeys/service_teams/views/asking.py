"""Asking one field of a client: the same questions for a new client and for one that is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from idp.domain import audit
from idp.domain.pasted_keys import PrivateKeyPasted
from idp.domain.proof_facts import PrivateKeyRefused
from idp.journeys.service_teams import client_answers as answers
from idp.journeys.service_teams import client_forms as forms
from idp.journeys.service_teams.client_answers import Given, Wrong
from idp.journeys.service_teams.views.door import me, service
from idp.web import current
from idp.web.client_fields import FIELDS, Field, Kind, held, method_of
from idp.web.errors import Kind as Refused
from idp.web.errors import PageRefused
from idp.web.forms import say


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the members it gives, if any, and the question that follows, if one does.

    A list is asked again after each entry.
    """

    given: Given | None
    then: str | None = None


def field_of(slug: str) -> Field:
    """Return the field that the address asks, or refuse."""
    field = FIELDS.get(slug)
    if field is None:
        raise PageRefused(Refused.NOT_FOUND)
    return field


def ask(
    field: Field, registration: Mapping[str, Any], client_id: str | None = None
) -> tuple[Any, Answer | None]:
    """Return the form of a field, and its answer once there is one that keeps the rules."""
    now = method_of(registration) if field.slug == "authentication" else held(field, registration)
    form = forms.ask(field, now)
    if not form.accepted():
        return form, None
    try:
        return form, _answer(field, form, registration)
    except Wrong as wrong:
        say(form.value, forms.WRONG[wrong.why])
    except PrivateKeyPasted:
        fact = PrivateKeyRefused(account_id=me(), service_id=service().id, client_id=client_id)
        audit.record(current.session(), fact, now=current.now(), request_id=current.request_id())
        say(form.value, forms.WRONG["private key"])
        form.value.data = ""
    return form, None


def _answer(field: Field, form: Any, registration: Mapping[str, Any]) -> Answer:
    if field.kind is Kind.LIST:
        return _of_list(field, form.value.text, registration)
    if field.kind is Kind.LINE:
        return Answer(answers.line(field, form.value.text, registration))
    if field.kind is Kind.KEY:
        return Answer(answers.key(form.value.data or ""))
    if field.kind is Kind.SOME_OF:
        return Answer(answers.ticked(field, form.value.data))
    if field.kind is Kind.AUTHENTICATION:
        by_key = {"jwks": "key-address", "key": "public-key"}
        if form.value.data in by_key:
            return Answer(None, by_key[form.value.data])
        return Answer(answers.by_secret(form.value.data))
    return Answer(answers.chosen(field, form.value.data))


def _of_list(field: Field, typed: str, registration: Mapping[str, Any]) -> Answer:
    if "remove" in request.form:
        return Answer(answers.removed(field, request.form["remove"], registration), field.slug)
    again = field.slug if "add" in request.form else None
    if typed or again:
        return Answer(answers.added(field, typed, registration), again)
    if not registration.get(field.member) and not field.optional:
        raise Wrong("one")
    return Answer(None)
