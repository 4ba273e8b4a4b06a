"""Templates: one for equal content, built once by whoever is first, and gone with its last user."""

import contextlib
import dataclasses
import io
import subprocess
import sys
import time
from unittest import mock

import psycopg

from harness import Environment, Postgres
from harness.core.settings import Settings
from harness.errors import ConfigurationError, MigrationError, StartError
from harness.services.postgres import marks, template, templates
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.marks import SIGNED
from harness.services.postgres.template import Template
from tests.integration.foreign import foreign_server
from tests.integration.providers import on_every_provider, on_one_python
from tests.integration.sandbox import PATIENCE, SandboxTest, wait_for
from tests.integration.test_migrations import Files
from tests.integration.test_process_external import ForeignTest, databases

# Whoever builds writes that down. It waits as long as a file asks it to, says when another process
# waits for it, and fails if a file names it.
SUITE = """
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"

def migrate(db):
    with open("builds", "a") as builds:
        builds.write(f"{os.getpid()}\\n")
    db.execute("create table items (id integer generated always as identity primary key)")
    say("building")
    while os.path.exists("hold") and not db.value(WAITING):
        time.sleep(0.005)
    if os.path.exists("hold"):
        say("awaited")
    while os.path.exists("hold"):
        time.sleep(0.005)
    if os.path.exists(f"{os.getpid()}.slow"):
        say("sleeping")
        db.value("select pg_sleep(60)")
    if os.path.exists(f"{os.getpid()}.interrupted"):
        os.kill(os.getpid(), 2)
        time.sleep(60)
    if os.path.exists(f"{os.getpid()}.broken"):
        raise KeyError("broken")
    db.execute("insert into items default values")

class Suite(HarnessTestCase):
    db = Postgres(migrations=migrate)
    real = Postgres(migrations=migrate, isolation="commit")

    def test_a(self):
        self.assertEqual(1, self.db.count("items"))
        say("has it")
        while os.path.exists("together"):
            time.sleep(0.005)

    def test_b(self):
        self.assertEqual(1, self.real.count("items"))
        self.real.execute("insert into items default values")

    test_c = test_b
"""
WORKERS = 5
COMMAND = "from harness.cli.main import main; main()"
QUICK = 5.0  # seconds, for what a machine under load does in a fraction of one


class Templates:
    """The tests of several processes; a subclass makes the sandbox."""

    def builds(self):
        """Return the processes that have built the template, in their order."""
        return [int(line) for line in (self.box.root / "builds").read_text().split()]

    def start(self):
        """Start a process, and wait until it builds."""
        (self.box.root / "hold").touch()
        builder = self.box.start(SUITE)
        wait_for(builder, "building")
        return builder

    def wait_for_a_second(self, builder):
        """Start another process, and wait until it waits for the first."""
        other = self.box.start(SUITE)
        wait_for(builder, "awaited")
        return other

    def tell(self, process, what):
        """Have a process do something else while it builds."""
        (self.box.root / f"{process.pid}.{what}").touch()

    def go_on(self):
        (self.box.root / "hold").unlink()

    def finish(self, process):
        printed, _ = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, printed)

    def test_many_processes_that_want_it_at_once_build_it_once_and_clone_it_side_by_side(self):
        together = self.box.root / "together"
        together.touch()
        workers = [self.box.start(SUITE) for _ in range(WORKERS)]
        for worker in workers:
            wait_for(worker, "has it")
        together.unlink()
        for worker in workers:
            self.finish(worker)

        self.assertEqual(1, len(self.builds()))
        self.assertNothingLeft(self.box)

    def test_one_that_is_killed_while_it_builds_is_succeeded_at_once_by_one_that_waits(self):
        builder = self.start()
        self.tell(builder, "slow")
        other = self.wait_for_a_second(builder)
        self.go_on()
        wait_for(builder, "sleeping")
        began = time.monotonic()
        builder.kill()
        builder.wait()
        wait_for(other, "has it")

        self.assertLess(time.monotonic() - began, QUICK)
        self.assertEqual([builder.pid, other.pid], self.builds())
        self.finish(other)
        self.assertNothingLeft(self.box)


@on_one_python
class TemplatesOnEmbeddedTest(Templates, SandboxTest):
    def setUp(self):
        self.box = self.sandbox("embedded")

    def test_waiting_for_one_that_hangs_ends_with_who_it_is_and_what_it_does(self):
        builder = self.start()
        self.box.environ["HARNESS_BUILD_TIMEOUT"] = "0.3"
        code, printed = self.box.run(SUITE)

        self.assertEqual(1, code)
        self.assertRegex(
            printed,
            rf"StartTimeoutError: process {builder.pid} on \S+ has been building the template "
            r"t_\w{8}_\w{16}_template for more than 0.3 s\n"
            rf"    pid \d+ \(harness building, process {builder.pid} on .*\n"
            r"    pid \d+ \(harness, .*\n",
        )
        self.assertIn("last query: select count(*) from pg_locks", printed)
        self.assertIn("next: end that process, or set HARNESS_BUILD_TIMEOUT", printed)
        self.go_on()
        self.finish(builder)


@on_one_python
class TemplatesOnExternalTest(Templates, SandboxTest):
    def setUp(self):
        self.need("embedded")
        self.server = foreign_server()
        self.box = self.sandbox("external", DATABASE_URL=self.server.url("maker"))

    def need(self, provider):
        if provider != "external":  # this server is one, whatever the environment names
            super().need(provider)

    def test_one_that_fails_leaves_the_build_to_one_that_waits(self):
        builder = self.start()
        self.tell(builder, "broken")
        other = self.wait_for_a_second(builder)
        self.go_on()
        printed, _ = builder.communicate(timeout=60)

        self.assertIn("migrate() failed: KeyError: 'broken'", printed)
        self.finish(other)
        self.assertEqual([builder.pid, other.pid], self.builds())
        self.assertNothingLeft(self.box)

    def test_one_that_is_interrupted_leaves_nothing(self):
        builder = self.start()
        self.tell(builder, "interrupted")
        self.go_on()
        printed, _ = builder.communicate(timeout=PATIENCE)

        self.assertIn("KeyboardInterrupt", printed)
        self.assertNothingLeft(self.box)

    def assertNothingLeft(self, box):
        super().assertNothingLeft(box)
        names = "select datname from pg_database where datname like %s"
        with psycopg.connect(self.server.url()) as connection:
            left = connection.execute(names, [f"t_{box.registry}_%"]).fetchall()
        self.assertEqual([], left)


@on_every_provider
class PostgresConformanceTemplates(Files):
    db = Postgres()

    def template(self, **options):
        """Return the template of a service."""
        return self.db.instance.template(Postgres(**options))

    def rows(self, sql):
        return self.db.instance.databases.rows(sql)

    def test_an_edited_migration_or_seed_is_another_template(self):
        path = self.directory(_1="create table t (id integer)", seed="insert into t values (1)")
        seed = path / "seed.sql"
        options = {"migrations": path, "seeds": (seed,)}
        names = []
        for name, text in (
            (seed, None),
            (path / "1.sql", "create table t (id bigint)"),
            (seed, "insert into t values (2)"),
            (seed, "insert into t values (2)"),
        ):
            if text:
                name.write_text(text)
            names.append(Template(self.db.instance, Postgres(**options)).name)

        self.assertEqual(3, len(set(names)))
        self.assertEqual(names[2], names[3])

    def test_settings_and_another_server_version_are_another_template(self):
        instance = self.db.instance
        plain = Template(instance, Postgres())
        set_apart = Template(instance, Postgres(settings=(("work_mem", "5MB"),)))
        with mock.patch.object(instance.databases, "server_version", 999999):
            newer = Template(instance, Postgres())

        self.assertEqual(3, len({plain.name, set_apart.name, newer.name}))
        self.assertEqual(plain.name, Template(instance, Postgres(name="other")).name)

    def test_nobody_can_connect_to_it(self):
        name = self.template().name
        url = self.db.instance.endpoint.url("postgresql", name)

        with self.assertRaisesRegex(psycopg.OperationalError, "not currently accepting"):
            psycopg.connect(url)

    def test_sequences_stand_where_they_are_without_numbers_fetched_ahead(self):
        path = self.directory(
            _1='create table t (id serial); create sequence "Odd.name" minvalue 3;'
            "insert into t default values; insert into t default values;"
            "create schema s; create sequence s.q; select setval('s.q', 5, false)"
        )

        db = self.lease(migrations=path)

        states = [
            tuple(db.row(f"select last_value, is_called, log_cnt from {name}"))
            for name in ("t_id_seq", '"Odd.name"', "s.q")
        ]
        self.assertEqual([(2, True, 0), (3, False, 0), (5, False, 0)], states)

    def test_who_did_not_build_it_knows_its_deferred_constraints(self):
        path = self.directory(
            _1='create table t (id integer, constraint "A\'s \\ ""b" unique (id) '
            "deferrable initially deferred)"
        )
        service = Postgres(migrations=path)
        built = self.template(migrations=path)
        with Environment(self.environment.settings) as other:
            found = other.instance(service).template(service)

        self.assertEqual('public."A\'s \\ ""b"', built.constraints.deferred)
        self.assertEqual((built.name, built.constraints), (found.name, found.constraints))

    def test_one_that_is_not_whole_is_built_again(self):
        path = self.directory(_1="create table half (id integer)")
        service = Postgres(migrations=path)
        unsealed = self.template(migrations=path).name
        oid = f"select oid from pg_database where datname = '{unsealed}'"
        before = self.rows(oid)
        self.db.instance.databases.execute(f"alter database {unsealed} with is_template false")
        with Environment(self.environment.settings) as other, other.lease(service) as db:
            self.assertEqual(0, db.count("half"))
            self.assertNotEqual(before, self.rows(oid))

    def test_a_process_that_lost_its_hold_takes_it_again(self):
        service = Postgres(migrations=self.directory(_1="create table lost (id integer)"))
        self.template(migrations=service.migrations)
        # That of this environment alone: others of this process have templates on the same server.
        [[mine]] = self.db.instance._locks.rows("select pg_backend_pid()")
        self.rows(f"select pg_terminate_backend({mine})")

        self.lease(migrations=service.migrations, isolation="commit")

        with Environment(self.environment.settings) as other:
            other.lease(service).release()
        self.assertEqual(0, self.lease(migrations=service.migrations, name="still").count("lost"))

    def test_files_that_change_while_they_run_are_an_error_not_a_wrong_template(self):
        path = self.directory(_1="create table while_changed (id integer)")
        self.rows("select 1")  # so that the template of `db` is there, if this is the first test
        fill = templates.Templates._make

        def edited(self, databases, template):
            (path / "1.sql").write_text("create table while_changed (id bigint)")
            fill(self, databases, template)

        with (
            mock.patch.object(templates.Templates, "_make", edited),
            self.assertRaisesRegex(MigrationError, "was changed while the template was built"),
        ):
            self.template(migrations=path)


@on_one_python
class KeptTest(ForeignTest):
    """Templates on somebody else's server that are kept for the next run."""

    def setUp(self):
        super().setUp()
        self.box = self.sandbox_on(self.server.url("maker"))
        self.migrations = self.box.root / "migrations"
        self.migrations.mkdir()
        self.now = time.time()
        clock = mock.patch.object(templates.time, "time", lambda: self.now)
        self.addCleanup(clock.stop)
        clock.start()

    def environment(self, reuse="1", **overrides):
        """Return an environment of the sandbox's registry, closed with the test."""
        settings = Settings.read(self.box.root, environ=self.box.environ)
        made = Environment(settings, reuse=reuse, **overrides)
        self.addCleanup(made.close)
        return made

    def name(self, environment, column):
        """Use a template, a minute and more after the last one was; return its name."""
        self.now += 2 * templates.FRESH
        (self.migrations / "1.sql").write_text(f"create table t ({column} integer)")
        service = Postgres(migrations="migrations", name=column)
        with environment.lease(service) as db:
            self.assertEqual(0, db.count("t"))
        return environment.instance(service).template(service).name

    def used(self, column, **options):
        """Use a template in a run of its own; return its name."""
        with self.environment(**options) as environment:
            return self.name(environment, column)

    def kept(self):
        """Return the databases that are there, and the numbers by which the server knows them."""
        rows = self.server.rows("select datname, oid from pg_database")
        return {name: oid for name, oid in rows if name.startswith(f"t_{self.box.registry}_")}

    def test_the_next_run_finds_it_and_one_without_reuse_drops_it(self):
        name = self.used("a")
        before = self.kept()
        self.used("a")

        self.assertEqual([name], list(before))
        self.assertEqual(before, self.kept())
        self.used("a", reuse="0")
        self.assertEqual({}, self.kept())

    def test_the_least_recently_used_go_when_there_are_too_many(self):
        a, b = (self.used(column, keep_templates="2") for column in "ab")
        self.used("a", keep_templates="2")
        c = self.used("c", keep_templates="2")

        self.assertEqual({a, c}, set(self.kept()))
        self.assertNotEqual(b, c)

    def test_one_that_somebody_uses_does_not_go(self):
        with self.environment(keep_templates="1") as user:
            a = self.name(user, "a")
            b, c = (self.used(column, keep_templates="1") for column in "bc")
            service = Postgres(migrations="migrations", name="a", isolation="commit")
            self.assertTrue({a, c} <= set(self.kept()))
            self.assertNotIn(b, self.kept())
            (self.migrations / "1.sql").write_text("create table t (a integer)")
            user.lease(service).release()

    def test_a_callable_is_not_kept_for_what_it_calls_is_not_known(self):
        def migrate(db):
            db.execute("create table t (id integer)")

        with self.environment() as environment:
            environment.lease(Postgres(migrations=migrate)).release()

        self.assertEqual({}, self.kept())

    def test_in_ci_nothing_is_kept(self):
        self.box.environ["CI"] = "true"
        with contextlib.redirect_stderr(io.StringIO()):
            self.used("a")

        self.assertEqual({}, self.kept())

    def test_clean_removes_what_is_kept_and_nobody_uses(self):
        kept = self.used("a")
        with self.environment() as user:
            held = self.name(user, "b")
            done = clean(self.box)

            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertIn(f"removed kept database {kept}\n", done.stdout)
            self.assertNotIn(held, done.stdout)

    def test_a_killed_run_leaves_what_is_kept_and_the_next_one_drops_the_rest(self):
        (self.migrations / "1.sql").write_text("create table t (id integer)")
        self.box.environ["HARNESS_REUSE"] = "1"
        killed = self.box.start(WAITS)
        wait_for(killed, "testing")
        killed.kill()
        killed.wait()
        left = self.kept()
        self.environment(reuse="0").instance(Postgres())

        self.assertEqual(1, len(self.kept()))
        self.assertLess(1, len(left))

    def test_an_earlier_version_leaves_what_a_later_one_has_made(self):
        with mock.patch.object(marks, "FORM", marks.FORM + 1):
            late = self.used("a")
        before = self.kept()

        early = self.used("a", keep_templates="1")
        self.used("b", keep_templates="1")
        clean(self.box)

        self.assertNotEqual(late, early)
        self.assertEqual(before, self.kept())
        with mock.patch.object(marks, "FORM", marks.FORM + 1):
            self.assertEqual(late, self.used("a"))
            self.assertEqual(before, self.kept())
            self.used("a", reuse="0")
        self.assertEqual({}, self.kept())

    def test_a_version_that_knows_other_facts_of_a_template_makes_its_own(self):
        late = self.used("a")
        before = self.kept()

        @dataclasses.dataclass(frozen=True)
        class Earlier(Constraints):
            waits: bool = False

        with mock.patch.object(template, "Constraints", Earlier):
            early = self.used("a", reuse="0")

        self.assertNotEqual(late, early)
        self.assertEqual(before, self.kept())

    def test_a_database_of_somebody_elses_in_its_place_is_left_alone(self):
        name = self.used("a")
        self.server.execute("postgres", f"comment on database {name} is 'the archive'")
        self.addCleanup(
            self.server.execute,
            "postgres",
            f"alter database {name} is_template false",
            f"drop database {name}",
        )

        with self.assertRaises(StartError) as raised:
            self.used("a")

        self.assertIn(f"the database {name} stands where a template of ours", str(raised.exception))
        self.assertIn("its comment is 'the archive'", str(raised.exception))
        self.assertIn(f'comment on database "{name}" is null', str(raised.exception))


WAITS = """
class Suite(HarnessTestCase):
    db = Postgres(migrations="migrations")

    def test(self):
        self.assertEqual(0, self.db.count("t"))
        say("testing")
        time.sleep(60)
"""


@on_one_python
class KeptOnOurServerTest(SandboxTest):
    def test_a_server_that_is_kept_keeps_its_templates(self):
        box = self.sandbox("embedded", HARNESS_REUSE="1")
        (box.root / "migrations").mkdir()
        (box.root / "migrations" / "1.sql").write_text("create table t (id integer)")
        ours = "select oid::int from pg_database where datname like 't%_template'"
        suite = WAITS.replace('say("testing")', f'say(str(self.db.rows("{ours}")))')
        suite = suite.replace("time.sleep(60)", "")
        printed = [box.run(suite) for _ in range(2)]
        box.environ["HARNESS_REUSE"] = "0"
        printed.append(box.run(suite))

        self.assertEqual([0, 0, 0], [code for code, _ in printed], printed)
        oids = [[line for line in text.splitlines() if "oid=" in line] for _, text in printed]
        self.assertEqual([oids[0]] * 3, oids)
        self.assertNothingLeft(box)


@on_one_python
class OrphansTest(ForeignTest):
    """What killed runs left on somebody else's server, if it is much."""

    def setUp(self):
        super().setUp()
        self.box = self.sandbox_on(self.server.url())
        (self.box.root / "migrations").mkdir()
        (self.box.root / "migrations" / "1.sql").write_text("create table t (id integer)")
        killed = self.box.start(WAITS)
        wait_for(killed, "testing")
        killed.kill()
        killed.wait()
        self.left = databases(self.server.url(), self.box.registry)

    def test_more_than_allowed_are_refused_with_the_command_that_removes_them(self):
        self.box.environ["HARNESS_MAX_ORPHANS"] = str(len(self.left) - 1)
        suite = WAITS.replace("time.sleep(60)", "")

        code, printed = self.box.run(suite)
        self.assertEqual(1, code)
        self.assertIn(f"has {len(self.left)} databases that killed runs of this registry", printed)
        self.assertIn(f"and HARNESS_MAX_ORPHANS allows {len(self.left) - 1}\n", printed)
        self.assertIn("next: drop them with `harness clean`", printed)
        self.assertEqual(self.left, databases(self.server.url(), self.box.registry))
        self.assertEqual(0, clean(self.box).returncode)
        code, printed = self.box.run(suite)
        self.assertEqual(0, code, printed)

    def test_as_many_as_allowed_are_dropped(self):
        self.box.environ["HARNESS_MAX_ORPHANS"] = str(len(self.left))

        code, printed = self.box.run(WAITS.replace("time.sleep(60)", ""))

        self.assertEqual(0, code, printed)
        self.assertEqual([], databases(self.server.url(), self.box.registry))


@on_one_python
class UnmarkedTest(ForeignTest):
    """Databases of a process that was killed before it wrote its mark."""

    def setUp(self):
        super().setUp()
        self.box = self.sandbox_on(self.server.url("maker"))
        self.settings = Settings.read(self.box.root, environ=self.box.environ)

    def made(self, change=""):
        """Return a database that has no mark, while its maker lives, and the maker."""
        maker = Environment(self.settings)
        self.addCleanup(maker.close)
        mine = maker.instance(Postgres()).databases
        name = mine.names.new("00000000")
        mine.create(name)
        if change:
            mine.execute(f"alter database {name} {change}")
            self.addCleanup(self.server.execute, "postgres", f"drop database {name}")
        return name, maker

    def start(self):
        """Start a run; return the databases that are there then."""
        with Environment(self.settings) as environment:
            environment.instance(Postgres())
            return databases(self.server.url(), self.box.registry)

    def test_they_are_dropped_when_their_maker_is_gone_and_not_before(self):
        name, maker = self.made()

        self.assertEqual([name], self.start())
        maker.close()
        self.assertEqual([], self.start())

    def test_without_our_signature_a_name_like_ours_is_none_of_ours(self):
        for change in ("connection limit -1", f"connection limit {SIGNED}"):
            with self.subTest(change):
                name, maker = self.made(change)
                maker.close()
                self.assertIn(name, self.start())


@on_one_python
class LongNameTest(ForeignTest):
    def test_a_database_name_that_postgres_would_cut_off_is_refused(self):
        name = "shop" * 16
        settings = Settings.read(environ={"DATABASE_URL": self.server.url(database=name)})
        with (
            Environment(settings, providers="external") as environment,
            self.assertRaises(ConfigurationError) as raised,
        ):
            environment.lease(Postgres())

        self.assertIn(f"the database name {name!r} has 64 bytes", str(raised.exception))
        self.assertIn("PostgreSQL would cut it off at 63", str(raised.exception))
        self.assertIn("next: name an existing database in DATABASE_URL", str(raised.exception))


def clean(box):
    """Run `harness clean` in a sandbox."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", COMMAND, "clean"],
        cwd=box.root,
        env=box.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
