"""Migrations by Alembic: applied in this process, which is as it was afterwards."""

import contextlib
import logging
import os
import sys

from harness import Alembic, AsyncHarnessTestCase, Postgres
from harness.errors import ConfigurationError, MigrationError
from tests.integration.migrated import ENV, INI, REVISION, Projects, on_one_provider
from tests.integration.providers import on_each_kind_of_server, on_one_python

USERS = (
    "a1",
    None,
    "op.create_table('users', sa.Column('id', sa.Integer))",
    "op.drop_table('users')",
)
NAMES = (
    "b2",
    "a1",
    "op.add_column('users', sa.Column('name', sa.Text))",
    "op.drop_column('users', 'name')",
)
SHARED = """
from alembic import context
connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
"""
ASYNCHRONOUS = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config

def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run():
    engine = async_engine_from_config(config.get_section(config.config_ini_section),
                                      prefix="sqlalchemy.")
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()

asyncio.run(run())
"""


@on_each_kind_of_server
class PostgresConformanceAlembic(Projects):
    def test_it_upgrades_to_the_head(self):
        db = self.lease(migrations=Alembic(self.alembic(USERS, NAMES)))

        self.assertEqual("b2", db.value("select version_num from alembic_version"))
        db.execute("insert into users values (1, 'Ada')")

    def test_env_py_may_be_asynchronous(self):
        ini = self.alembic(
            USERS, env=ASYNCHRONOUS, ini=INI.replace("driver:", "postgresql+asyncpg:")
        )

        self.assertTrue(self.lease(migrations=Alembic(ini)).exists("users"))

    def test_each_revision_can_be_taken_back(self):
        self.assertMigrationsReversible(Postgres(migrations=Alembic(self.alembic(USERS, NAMES))))


@on_one_provider
class PostgresAlembicBesideALoop(Projects):
    def test_an_asynchronous_env_py_runs_while_the_tests_own_loop_does(self):
        asyncpg = INI.replace("driver:", "postgresql+asyncpg:")
        ini = self.alembic(USERS, NAMES, env=ASYNCHRONOUS, ini=asyncpg)

        class Inner(AsyncHarnessTestCase):
            db = Postgres(migrations=Alembic(ini))

            async def test(self):
                self.assertTrue(self.db.exists("users"))
                self.assertMigrationsReversible(self.db)

        result = self.run_inner(Inner, "test")

        self.assertEqual([], result.raised)


@on_one_provider
@on_one_python
class PostgresAlembic(Projects):
    def fail_with(self, ini, kind=MigrationError, **options):
        with self.assertRaises(kind) as raised:
            self.lease(migrations=Alembic(ini, **options))
        return str(raised.exception)

    def test_the_working_directory_may_be_that_of_the_file(self):
        ini = self.alembic(USERS)
        with contextlib.chdir(ini.parent):
            db = self.lease(migrations=Alembic(ini))

        self.assertTrue(db.exists("users"))

    def test_it_upgrades_to_another_target(self):
        db = self.lease(migrations=Alembic(self.alembic(USERS, NAMES), target="a1"))

        self.assertEqual("a1", db.value("select version_num from alembic_version"))

    def test_env_py_may_use_the_connection_that_it_is_handed(self):
        db = self.lease(migrations=Alembic(self.alembic(USERS, env=SHARED)))

        self.assertEqual("a1", db.value("select version_num from alembic_version"))

    def test_a_variable_can_hand_over_the_url(self):
        env = """
            import os, sqlalchemy
            from alembic import context
            engine = sqlalchemy.create_engine(os.environ["SHOP_URL"], poolclass=sqlalchemy.NullPool)
            with engine.connect() as connection:
                context.configure(connection=connection)
                with context.begin_transaction():
                    context.run_migrations()
            """
        ini = self.alembic(USERS, env=env)

        self.assertTrue(self.lease(migrations=Alembic(ini, variable="SHOP_URL")).exists("users"))
        self.assertNotIn("SHOP_URL", os.environ)

    def test_logging_the_import_path_and_the_engines_are_left_as_they_were(self):
        import sqlalchemy

        logger, root = logging.getLogger("shop"), logging.getLogger()
        handlers, level, path = list(root.handlers), root.level, list(sys.path)

        self.lease(
            migrations=Alembic(
                self.alembic(
                    USERS,
                    ini=INI.replace("script_location", "prepend_sys_path = .\nscript_location"),
                )
            )
        )

        self.assertFalse(logger.disabled)
        self.assertEqual((handlers, level, path), (root.handlers, root.level, sys.path))
        sqlalchemy.create_engine("sqlite://").connect().close()

    def test_an_env_py_that_connects_elsewhere_is_stopped_before_it_does(self):
        env = ENV.replace(
            "engine = ",
            "config.set_main_option('sqlalchemy.url', "
            "'postgresql+pg8000://me@127.0.0.1:1/precious')\nengine = ",
        )

        text = self.fail_with(self.alembic(USERS, env=env))

        self.assertIn("about to connect to the database 'precious'", text)
        self.assertIn('config.attributes["connection"]', text)

    def test_an_env_py_that_runs_nothing_is_no_empty_schema(self):
        text = self.fail_with(self.alembic(USERS, env="from alembic import context"))

        self.assertIn("there is no table of Alembic's in the new database", text)

    def test_an_env_py_that_ends_the_process_ends_only_the_migrations(self):
        text = self.fail_with(self.alembic(USERS, env="import sys\nsys.exit('no settings')"))

        self.assertRegex(text, r"^/.*/env.py, line 2: SystemExit: no settings\n")

    def test_a_failing_revision_is_named_with_its_line(self):
        bad = ("c3", "a1", "op.execute('create tabel t (id int)')", "pass")
        ini = self.alembic(USERS, bad)

        text = self.fail_with(ini)

        path = ini.parent / "alembic/versions/c3_.py"
        self.assertIn(f'{path}, line 8: ProgrammingError: syntax error at or near "tabel"', text)
        self.assertIn("    create tabel t (id int)", text)
        self.assertIn("the unfinished database was removed", text)

    def test_a_revision_that_fails_in_python_is_named_with_its_line(self):
        ini = self.alembic(("a1", None, "raise KeyError('SHOP')", "pass"))

        self.assertIn("a1_.py, line 8: KeyError: 'SHOP'", self.fail_with(ini))

    def test_two_heads_say_what_alembic_says(self):
        other = ("c3", "a1", "pass", "pass")

        self.assertIn("Multiple head revisions", self.fail_with(self.alembic(USERS, NAMES, other)))

    def test_two_files_of_one_revision_are_both_named(self):
        ini = self.alembic(USERS)
        twin = self.put(
            ini.parent / "alembic/versions/twin.py",
            (ini.parent / "alembic/versions/a1_.py").read_text(),
        )

        text = self.fail_with(ini, ConfigurationError)

        self.assertIn("two migrations have the revision a1: ", text)
        self.assertIn(str(twin), text)

    def test_a_file_that_is_not_there_or_names_no_revisions(self):
        root = self.project()

        self.assertIn(
            f"there is no file {root}", self.fail_with(root / "a.ini", ConfigurationError)
        )
        ini = self.put(root / "c.ini", "[alembic]\n")
        self.assertIn("no script_location in [alembic]", self.fail_with(ini, ConfigurationError))
        ini = self.put(root / "b.ini", "[alembic]\nscript_location = gone\n")
        self.assertIn(f"no env.py in {root / 'gone'}", self.fail_with(ini, ConfigurationError))

    def test_the_revisions_and_what_is_watched_make_the_template(self):
        ini = self.alembic(USERS)
        rates = self.put(ini.parent / "rates.csv", "EUR;1")

        def key(**options):
            return self.lease(migrations=Alembic(ini, **options)).database.split("_")[2]

        first, watching = key(), key(watch=[rates])
        self.put(
            ini.parent / "alembic/versions/b2_.py",
            REVISION.format(id="b2", parent="a1", up="pass", down="pass"),
        )

        self.assertNotEqual(first, watching)
        self.assertNotEqual(first, key(section="alembic", target="heads"))

    def test_a_revision_that_cannot_be_taken_back_is_named(self):
        names = (*NAMES[:3], "op.alter_column('users', 'name', new_column_name='n')")
        ini = self.alembic(USERS, names)

        with self.assertRaises(AssertionError) as raised:
            self.assertMigrationsReversible(Postgres(migrations=Alembic(ini)))

        self.assertEqual(
            "b2_.py was taken back, and the schema is not what it was:\n"
            "    + column public.users.n text",
            str(raised.exception),
        )

    def test_branches_are_taken_back_one_by_one(self):
        other = (
            "c3",
            "a1",
            "op.create_table('c', sa.Column('id', sa.Integer))",
            "op.drop_table('c')",
        )
        merge = ("d4", ("b2", "c3"), "pass", "pass")

        self.assertMigrationsReversible(
            Postgres(migrations=Alembic(self.alembic(USERS, NAMES, other, merge)))
        )

    def test_what_breaks_an_old_statement_is_named(self):
        ini = self.alembic(USERS, NAMES, ("c3", "b2", NAMES[3], "pass"))

        with self.assertRaises(AssertionError) as raised:
            self.assertMigrationsCompatible(
                Postgres(migrations=Alembic(ini)), ["select name from users"], since="b2"
            )

        self.assertEqual(
            'c3_.py breaks an old statement: column "name" does not exist\n'
            "    select name from users",
            str(raised.exception),
        )
