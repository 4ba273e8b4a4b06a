"""Why a test is run, by what is known of a change and of its class."""

import unittest
from pathlib import Path
from unittest import mock

from harness import Command, Container, HarnessTestCase, Postgres, Process, Redis, Store
from harness.core.settings import Settings
from harness.runner.changes import reasons
from harness.runner.changes.declared import Declared
from harness.runner.changes.reach import Reach
from harness.runner.changes.reasons import (
    ALL,
    CHANGED,
    COVERAGE,
    DOUBT,
    FILES,
    IMAGES,
    IMPORTS,
    SMOKE,
    Reason,
    Reasons,
    summary,
)
from harness.runner.units import Unit
from tests.support.unit import DirectoryTest

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).relative_to(ROOT).as_posix()
MIGRATIONS = "samples/alerts/migrations"


# Their method is called so that nobody finds it who looks for tests.
class Plain(unittest.TestCase):
    def example(self):
        pass


class Quick(Plain):
    smoke = True


class Database(HarnessTestCase):
    db = Postgres(migrations=MIGRATIONS, seeds=("samples/alerts/seeds.csv",))

    def example(self):
        pass


class Others(HarnessTestCase):
    cache = Redis(proxied=True)
    web = Container("web", files={"/etc/web": Path("samples/web.conf")})
    bank = Process(["python", "samples/checkout/bank.py"])

    def example(self):
        pass


class Either(HarnessTestCase):
    db = Store(migrations=MIGRATIONS)

    def example(self):
        pass


class Unwatched(HarnessTestCase):
    db = Postgres(migrations=Command(["./migrate"]))

    def example(self):
        pass


class ReasonsTest(unittest.TestCase):
    def setUp(self):
        settings = Settings.read(ROOT, environ={})  # not what another test may have read first
        self.enterContext(mock.patch.object(reasons, "current_settings", lambda: settings))

    def reason(self, case, reach, *others, origins=()):
        """Return why the test of a class is run, where it is loaded with others."""
        test = case("example")
        tests = [test, *(other("example") for other in others)]
        units = [Unit("all", tests, names=[each.id() for each in tests])]
        return Reasons(reach, units, {test.id(): set(origins)}, "test*.py").of(test, "a.test")

    def check(self, kind, text, case, *others, origins=(), **reach):
        found = self.reason(case, Reach("main", **reach), *others, origins=origins)
        self.assertEqual(Reason(kind, text), found)

    def test_its_own_file_has_changed(self):
        self.check(CHANGED, f"{HERE} changed", Plain, toward={HERE: HERE})

    def test_it_imports_what_has_changed(self):
        toward = {HERE: "a.py", "a.py": "b.py", "b.py": "b.py"}
        self.check(IMPORTS, f"b.py changed: {HERE} > a.py > b.py", Plain, toward=toward)

    def test_a_module_that_it_imports_reads_a_file_that_has_changed(self):
        toward = {HERE: "b.txt", "b.txt": "b.txt"}
        self.check(FILES, f"b.txt changed: {HERE} > b.txt", Plain, toward=toward)

    def test_the_module_that_has_brought_it_has_changed(self):
        path = "tests/support/unit.py"
        self.check(
            CHANGED, f"{path} changed", Plain, origins=["tests.support.unit"], toward={path: path}
        )

    def test_the_module_of_a_class_that_it_inherits_from_has_changed(self):
        path = "harness/adapters/unittest.py"
        self.check(CHANGED, f"{path} changed", Database, toward={path: path})

    def test_its_services_use_a_file_that_has_changed(self):
        for path in f"{MIGRATIONS}/009_new.sql", "samples/alerts/seeds.csv":
            text = f"its services use {path}, which changed"
            self.check(FILES, text, Database, changed=(path,), doubtful=(path,))
        for path in "samples/web.conf", "samples/checkout/bank.py":
            text = f"its services use {path}, which changed"
            self.check(FILES, text, Others, changed=(path,), doubtful=(path,))

    def test_what_a_service_of_another_class_names_does_not_concern_it(self):
        path = f"{MIGRATIONS}/009_new.sql"
        reach = Reach("main", changed=(path,), doubtful=(path,))
        self.assertIsNone(self.reason(Plain, reach, Database))

    def test_its_services_use_an_image_that_has_changed(self):
        for image, case in (
            ("postgres", Database),
            ("web", Others),
            ("toxiproxy", Others),
            ("postgres", Either),
        ):
            text = f"its services use the image {image}, which changed"
            self.check(IMAGES, text, case, images=("a", image))
        self.assertIsNone(self.reason(Plain, Reach("main", images=("postgres",))))

    def test_it_has_run_what_has_changed_when_coverage_was_recorded(self):
        text = "it ran b.py, which changed, when coverage was recorded"
        for case in Plain, Quick:
            self.check(COVERAGE, text, case, covered={"a.test": "b.py"})

    def test_a_module_that_it_imports_may_load_what_has_changed(self):
        text = f"a.py, line 7, may load b.py, which changed: {HERE} > a.py > b.py"
        toward = {HERE: "a.py", "a.py": "b.py", "b.py": "b.py"}
        self.check(DOUBT, text, Plain, toward=toward, loaders={"a.py": 7})

    def test_it_is_a_smoke_test(self):
        self.check(SMOKE, "smoke = True", Quick)

    def test_nobody_knows_what_its_migrations_read(self):
        text = "nobody can tell what the command of its migrations reads: watch=[...]"
        self.check(DOUBT, text, Unwatched, changed=("a.py",))
        self.assertIsNone(self.reason(Unwatched, Reach("main")))

    def test_nobody_knows_where_it_is_from(self):
        class Strange(Plain):
            pass

        Strange.__module__ = Strange.__base__.__module__ = "nowhere"
        self.addCleanup(setattr, Plain, "__module__", __name__)
        self.check(DOUBT, "nobody can tell which file it is from", Strange)

    def test_everything_is_run_where_all_depends_on_it(self):
        text = "all code depends on setup.cfg, which changed"
        self.check(ALL, text, Plain, everything="setup.cfg")

    def test_everything_is_run_where_nobody_can_tell_who_uses_a_file(self):
        text = "nobody can tell who uses README.md, which changed"
        self.check(ALL, text, Plain, Database, doubtful=(f"{MIGRATIONS}/1.sql", "README.md"))

    def test_of_files_with_tests_it_is_known_who_uses_them(self):
        for path in "a/test_b.py", HERE, "tests/support/unit.py":
            reach = Reach("main", doubtful=(path,))
            self.assertIsNone(self.reason(Plain, reach, origins=["tests.support.unit"]))

    def test_a_file_that_is_called_like_tests_may_be_read_all_the_same(self):
        reach = Reach("main", doubtful=("tests/test_data.json",))
        units = [Unit("all", [Plain("example")], names=["a"])]
        found = Reasons(reach, units, {}, "test*").of(Plain("example"), "a")
        self.assertEqual(
            Reason(ALL, "nobody can tell who uses tests/test_data.json, which changed"), found
        )

    def test_else_it_is_not_run(self):
        self.assertIsNone(self.reason(Plain, Reach("main", changed=("a.py",))))
        self.assertIsNone(self.reason(Database, Reach("main", changed=("a.py",))))


class SummaryTest(unittest.TestCase):
    def test_reasons_are_counted_the_most_frequent_first(self):
        found = [Reason(SMOKE, ""), *[Reason(IMPORTS, "")] * 3]
        self.assertEqual(
            ["4 of 12 tests, for 1 file changed since main: 3 by imports, 1 smoke"],
            summary(Reach("main", changed=("a.py",)), found, 12),
        )

    def test_a_change_that_reaches_nothing_says_so(self):
        self.assertEqual(
            ["0 of 12 tests, for 0 files changed since main: it reaches none"],
            summary(Reach("main"), [], 12),
        )

    def test_that_all_are_run_for_a_doubt_says_how_to_end_it(self):
        reach = Reach("main", changed=("a", "b"), doubtful=("a",))
        self.assertEqual(
            [
                "1 of 1 tests, for 2 files changed since main: because",
                "    the setting ignored_changes names files that no test depends on",
            ],
            summary(reach, [Reason(ALL, "because")], 1),
        )


class DeclaredTest(DirectoryTest):
    def declared(self, **services):
        case = type("Case", (HarnessTestCase,), services)
        return Declared(case, Settings.read(self.directory, environ={}), self.directory)

    def test_what_a_tool_reads_counts_with_its_directory(self):
        from harness import Alembic

        self.write("db/alembic.ini", "[alembic]\nscript_location = revisions\n")
        self.write("db/revisions/env.py")
        self.write("db/revisions/versions/one.py", "revision = '1'\n")
        found = self.declared(db=Postgres(migrations=Alembic("db/alembic.ini")))
        self.assertEqual("", found.doubt)
        for path in "db/alembic.ini", "db/revisions/env.py", "db/revisions/versions/two.py":
            self.assertTrue(found.names(path), path)

    def test_the_directory_of_the_project_itself_names_nothing(self):
        found = self.declared(a=Process(["run"], cwd="."), b=Process(["./run", ".", ""]))
        self.assertTrue(found.names("run"))
        self.assertFalse(found.names("other"))

    def test_a_tool_that_cannot_be_read_leaves_a_doubt(self):
        from harness import Alembic

        found = self.declared(db=Postgres(migrations=Alembic("nowhere.ini")))
        self.assertIn("depends on cannot be told: there is no file", found.doubt)
