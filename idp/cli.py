"""`onepass …`: one group of commands for each noun, all of them in `idp.commands`."""

import os
import sys
import threading

import click
from flask import Flask
from sqlalchemy import create_engine

from idp import commands
from idp.app import build_services, connect_database
from idp.commands import (
    account_levers,
    audit,
    backup,
    banner,
    clients,
    db,
    doctor,
    keys,
    members,
    metrics,
    operators,
    outbox,
    registration_keys,
    requests,
    services_list,
    serving,
    team_services,
)
from idp.commands import (
    settings as settings_of,
)
from idp.commands.serving import metrics_port
from idp.environment import environment
from idp.kernel.database import engine_options
from idp.settings import Settings, SettingsError
from idp.web import logs
from idp.worker import Worker

COMMANDS: tuple[click.Command, ...] = (
    account_levers.accounts,
    audit.audit,
    backup.backup,
    backup.restore,
    banner.banner,
    clients.clients,
    db.db,
    doctor.doctor,
    keys.keys,
    members.members,
    metrics.metrics,
    operators.operators,
    outbox.outbox,
    registration_keys.registration_keys,
    requests.requests,
    team_services.services,
    services_list.services_list,
    serving.serve,
    serving.worker,
    settings_of.settings,
)


@click.group()
@click.pass_context
def onepass(context: click.Context) -> None:
    """One account, one sign-in, every department's service."""
    try:
        settings = Settings.from_environment(environment(os.environ))
    except SettingsError as error:
        # Told by the first command that needs an installation: making a sealing key does not.
        context.obj = error
        return
    logs.configure(settings.log_level)
    context.obj = _workplace(settings)


for command in COMMANDS:
    onepass.add_command(command)


def _workplace(settings: Settings) -> commands.Workplace:
    services = build_services(settings)
    options = engine_options(settings.database_url, threads=4)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    engine = create_engine(settings.database_url, **options)

    def migrations() -> Flask:
        app = Flask("idp.migrations")
        connect_database(app, settings)
        return app

    def work(stop: threading.Event | None) -> None:
        worker = Worker(services, engine)
        if stop is None:
            while worker.run_once():
                pass
        else:
            with metrics_port(settings, services, engine):
                worker.run(stop)

    return commands.Workplace(settings, services, engine, migrations, work)


def main() -> None:
    """Run the command line. What it writes is for its own user alone."""
    os.umask(0o077)
    sys.exit(onepass.main(prog_name="onepass"))
