"""People of the consoles: signed in at `Cl.Cm`, in front of a browser of their own."""

from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.web import cookies
from tests.support.addresses import own_address
from tests.support.citizens import Citizen, signed_in_cookie
from tests.support.person import Person


def sign_in_as(app: Flask, session: Session, services: Services, citizen: Citizen) -> Person:
    """A browser in which `citizen` is signed in with password and app."""
    secret = signed_in_cookie(session, services, citizen)
    session.commit()
    person = Person(app, services.settings.issuer, own_address())
    name = cookies.full_name(cookies.SESSION, services.settings)
    person.client.set_cookie(name, secret, domain="id.onepass.localhost")
    return person
