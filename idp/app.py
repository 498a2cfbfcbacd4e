"""The only place that joins things: settings become services, services an application."""

import os
import sys
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from idp.domain.banners import Board
from idp.domain.client_keys import ClientKeys
from idp.domain.client_proofs import ProofUses
from idp.domain.client_rates import ClientRates
from idp.domain.clients import ClientRegistry
from idp.domain.hot_path import HotPath
from idp.domain.keyring import Keyring
from idp.domain.passwords import Hasher
from idp.domain.registration_keys import OpenRegistration
from idp.domain.schema import MIGRATIONS
from idp.domain.services import Services
from idp.endpoints import (
    discovery,
    health,
    introspection,
    registration,
    revocation,
    token,
    userinfo,
)
from idp.environment import environment
from idp.journeys.account import views as account
from idp.journeys.agree_to_terms import views as agree_to_terms
from idp.journeys.authorize import views as authorize
from idp.journeys.create_account import views as create_account
from idp.journeys.fault_menu import views as fault_menu
from idp.journeys.feedback import views as feedback
from idp.journeys.home import views as home
from idp.journeys.information import views as information
from idp.journeys.mailbox import views as mailbox
from idp.journeys.more_time import views as more_time
from idp.journeys.offer_passkey import views as offer_passkey
from idp.journeys.operators import views as operators
from idp.journeys.prove_identity import views as prove_identity
from idp.journeys.recover import views as recover
from idp.journeys.reset_password import views as reset_password
from idp.journeys.security_testing import views as security_testing
from idp.journeys.service_teams import views as service_teams
from idp.journeys.share import views as share
from idp.journeys.sign_in import views as sign_in
from idp.journeys.sign_out import views as sign_out
from idp.journeys.tried import views as tried
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.database import HOT_BIND, db, engine_options, hot_engine_options
from idp.kernel.entropy import Entropy, SystemEntropy
from idp.kernel.fetching import Fetcher
from idp.kernel.sealing import Sealer
from idp.oauth_server.grants import GRANTS
from idp.oauth_server.server import Server
from idp.oauth_server.token_queries import ENDPOINTS
from idp.settings import Settings
from idp.web import cookies, current, errors, headers, i18n, latency, layout, limits, logs
from idp.web.turns import Turns

_SWITCH_INTERVAL = 0.0005
"""Seconds a thread may compute while others wait. A single sign-on waits for the database four
times, and each time for its turn again: behind a thread that makes a page, Python's own five
milliseconds would add up to most of its time.
"""

ROOMS = (
    account.blueprint,
    agree_to_terms.blueprint,
    authorize.blueprint,
    create_account.blueprint,
    feedback.blueprint,
    home.blueprint,
    offer_passkey.blueprint,
    operators.blueprint,
    information.blueprint,
    recover.blueprint,
    reset_password.blueprint,
    more_time.blueprint,
    service_teams.blueprint,
    share.blueprint,
    sign_in.blueprint,
    sign_out.blueprint,
    discovery.blueprint,
    health.blueprint,
    introspection.blueprint,
    revocation.blueprint,
    token.blueprint,
    userinfo.blueprint,
)
"""Every room and endpoint, once."""

SHORTCUTS = {
    ("GET", "/authorize"): authorize.shortcut,
    ("POST", "/token"): token.shortcut,
    ("GET", "/userinfo"): userinfo.shortcut,
}
"""What answers its successes before Flask looks: the three requests of a single sign-on."""

OUTSIDE_PRODUCTION = (registration.blueprint, tried.blueprint)
"""What production mode does not have."""

STAND_INS = (
    ("mailbox", mailbox.blueprint),
    # Pages on which anybody may do things to any service: only where people try things out.
    ("demonstration", fault_menu.blueprint),
    ("demonstration", security_testing.blueprint),
    ("stand_in_proving", prove_identity.blueprint),
)
"""What stands in for something real, by the setting that lets it: never in production."""


def build_services(
    settings: Settings, clock: Clock | None = None, entropy: Entropy | None = None
) -> Services:
    """Return what one process works with; a test gives its own clock and entropy."""
    clock = clock or SystemClock()
    sealer = Sealer(settings.sealing_keys)
    # Keys are re-read on a connection of their own: a pool that waiting requests have emptied
    # would otherwise hold up the request that could let them go on.
    key_reader = create_engine(settings.database_url, poolclass=NullPool)
    return Services(
        settings=settings,
        clock=clock,
        entropy=entropy or SystemEntropy(),
        sealer=sealer,
        keyring=Keyring(settings, sealer, clock, key_reader.connect),
        hasher=Hasher(
            memory_kib=settings.argon2_memory_kib,
            time_cost=settings.argon2_time,
            gate_dir=settings.var_dir,
        ),
        fetcher=Fetcher(settings.egress_allow, settings.egress_ca_file),
    )


def create_app(settings: Settings, services: Services | None = None) -> current.Application:
    """Return the WSGI application for `settings`."""
    services = services or build_services(settings)
    app = current.Application("idp", static_folder=None)
    connect_database(app, settings)
    # Pages' furniture first: errors and headers must hold for whatever comes after.
    logs.init_logs(app, settings)
    cookies.init_cookies(app, services)
    current.init_current(app, _wiring(app, services))
    headers.init_headers(app, settings)
    errors.init_errors(app)
    limits.init_limits(app, settings)
    i18n.init_i18n(app)
    layout.init_web(app)
    app.shortcuts = SHORTCUTS
    for room in ROOMS + (OUTSIDE_PRODUCTION if settings.mode != "production" else ()):
        app.register_blueprint(room)
    for allowed, room in STAND_INS:
        if getattr(settings, allowed):
            app.register_blueprint(room)
    app.turns = Turns(settings.threads, _shared_turn(settings))
    app.turns.learn_pages(app)
    latency.init_latency(app, services)
    return app


def _shared_turn(settings: Settings) -> Path | None:
    if not settings.database_url.startswith("sqlite"):
        return None
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    return settings.var_dir / "pages.lock"


def connect_database(app: Flask, settings: Settings) -> None:
    """Give `app` its engines: one for units of work, one that commits each statement."""
    threads = settings.threads
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url, threads=threads)
    app.config["SQLALCHEMY_BINDS"] = {
        HOT_BIND: hot_engine_options(settings.database_url, threads=threads)
    }
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(
            parents=True, exist_ok=True
        )
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


def from_environment() -> Flask:
    """Return the application that the environment describes: what servers are pointed at."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    return create_app(Settings.from_environment(environment(os.environ)))


def _wiring(app: Flask, services: Services) -> current.Wiring:
    with app.app_context():
        engine, hot_engine = db.engine, db.engines[HOT_BIND]
    client_keys = ClientKeys(services.fetcher, services.clock)
    registry = ClientRegistry(services, lambda: Session(engine), client_keys.renew)
    hot_path = HotPath(hot_engine)
    uses = ProofUses(services.clock, lambda: Session(engine))
    server = Server(services, registry, client_keys, hot_path, current.session, uses)
    for grant in GRANTS:
        server.register_grant(grant)
    for endpoint in ENDPOINTS:
        server.register_endpoint(endpoint)
    return current.Wiring(
        services,
        registry,
        client_keys,
        hot_path,
        server,
        ClientRates(hot_engine, services.clock),
        OpenRegistration(services, lambda: Session(engine)),
        uses,
        Board(services.clock, hot_engine.connect),
    )
