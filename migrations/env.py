"""How Alembic finds our database and our tables (run by Flask-Migrate, in an application)."""

import importlib
import pkgutil

from alembic import context
from flask import current_app

import idp.domain
from idp.kernel.database import Base

for module in pkgutil.iter_modules(idp.domain.__path__, "idp.domain."):
    importlib.import_module(module.name)


def run_migrations() -> None:
    """Run what is asked on a connection of the application's database."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        # SQLite changes a table by making it anew, which its foreign keys must not see.
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database: there is no offline mode.")
run_migrations()
