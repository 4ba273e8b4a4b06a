"""Projects with migrations, written for one test."""

import tempfile
import textwrap
from pathlib import Path

from harness import Postgres, Store
from tests.integration.providers import PROVIDERS, on

ENV = """
from logging.config import fileConfig
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
fileConfig(config.config_file_name)
engine = engine_from_config(config.get_section(config.config_ini_section),
                            prefix="sqlalchemy.", poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
INI = """
[alembic]
script_location = alembic
path_separator = os
sqlalchemy.url = driver://user:pass@localhost/nowhere

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys =
[logger_root]
level = ERROR
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
"""
REVISION = """
from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {parent!r}

def upgrade():
    {up}

def downgrade():
    {down}
"""


def on_one_provider(tests):
    """Add to the module a test case for one provider: what is the same on all takes its time."""
    return on(tests, PROVIDERS[-1])


def on_each_kind_of_store(tests):
    """Add test cases for a `Store` on one server and on SQLite."""
    return on(tests, PROVIDERS[-1], "sqlite", needed=Store())


class Projects:
    """Makes directories for one test, and leases on what is in them."""

    service = Postgres

    def project(self, **files):
        """Make a directory; `_1_users__up="create ..."` becomes `1_users.up.sql`."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        root = Path(holder.name).resolve()
        for name, text in files.items():
            self.put(root / (name.lstrip("_").replace("__", ".") + ".sql"), text)
        return root

    def put(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def alembic(self, *revisions, env=ENV, ini=INI):
        """Make a project of Alembic's with revisions (id, parent, up, down); return its ini."""
        root = self.project()
        self.put(root / "alembic/env.py", env)
        self.put(root / "alembic/versions/.keep", "")
        for id, parent, up, down in revisions:
            text = REVISION.format(id=id, parent=parent, up=up, down=down)
            self.put(root / f"alembic/versions/{id}_.py", text)
        return self.put(root / "alembic.ini", ini)

    def lease(self, **options):
        """Return a lease that is released when the test ends."""
        lease = type(self).environment.lease(self.service(**options))
        self.addCleanup(lease.release)
        return lease
