"""The people of these stories, the service they come from, and the post that reaches them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.app import create_app
from idp.domain import clients
from idp.domain.notices import MailboxMessage, in_mailbox
from idp.domain.services import Services
from idp.kernel.database import db
from idp.settings import Settings
from idp.worker import Worker
from tests.support.addresses import own_address
from tests.support.citizens import Citizen, enrol
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def library(app: Flask, session: Session, services: Services, settings: Settings) -> RelyingParty:
    """A service, registered."""
    service = RelyingParty(settings.issuer)
    clients.apply(session, services, service.registration())
    session.commit()
    return service


@pytest.fixture
def alice(app: Flask, session: Session, services: Services) -> Citizen:
    """A citizen with an account, a password and an app."""
    citizen = enrol(session, services)
    session.commit()
    return citizen


@pytest.fixture
def bob(app: Flask, session: Session, services: Services) -> Citizen:
    """Another citizen."""
    citizen = enrol(session, services, Citizen("bob@example.com", "seven grey herons"))
    session.commit()
    return citizen


@pytest.fixture
def browser(app: Flask, settings: Settings) -> Callable[[], Person]:
    """Makes browsers, each with cookies and an address of its own."""
    return lambda: Person(app, settings.issuer, own_address())


@pytest.fixture
def visitor_of(app: Flask, services: Services) -> Iterator[Callable[..., Person]]:
    """Makes somebody in front of this provider with other settings."""
    made: list[Flask] = []

    def start(**changes: Any) -> Person:
        settings = replace(services.settings, **changes)
        made.append(create_app(settings, replace(services, settings=settings)))
        return Person(made[-1], settings.issuer, own_address())

    yield start
    for other in made:
        with other.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


class Post:
    """What the worker delivers, as the demo's mailbox shows it."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._services = services

    def all(self) -> list[MailboxMessage]:
        """Every mail so far, newest first."""
        with self._app.app_context():
            Worker(self._services, db.engine).deliver()
            messages = in_mailbox(db.session(), 500)
            db.session.remove()
            return messages

    def newest(self, to: str) -> MailboxMessage:
        """The newest mail to this address."""
        return next(message for message in self.all() if message.to == to)

    def code(self, to: str) -> str:
        """The six digits of the newest mail to this address."""
        found = re.search(r"\b[0-9]{6}\b", self.newest(to).body)
        assert found is not None, "the newest mail holds no code"
        return found.group()


@pytest.fixture
def post(app: Flask, services: Services) -> Post:
    """The post of this test's provider."""
    return Post(app, services)
