"""Finding pg_dump: of the server's version, or the next newer one."""

from pathlib import Path
from unittest.mock import patch

from harness.core.endpoint import Endpoint
from harness.data.snapshots import programs
from harness.data.snapshots.programs import PgDump
from harness.errors import SnapshotError
from tests.support.unit import DirectoryTest

SAYING = "#!/bin/sh\necho {}\n"


class ProgramsTest(DirectoryTest):
    def install(self, *versions):
        """Have only programs of these versions on this machine; they are scripts."""
        places = [self.program(f"{v}/bin/pg_dump", f"pg_dump (PostgreSQL) {v}") for v in versions]
        directories = [(place.parent, "system") for place in places]
        self.enterContext(patch.object(programs, "system_directories", lambda: iter(directories)))
        self.enterContext(patch.object(programs, "wheel_directories", lambda: iter(())))
        self.enterContext(patch.object(programs.shutil, "which", lambda name: None))

    def program(self, name, words):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SAYING.format(f"'{words}'"))
        path.chmod(0o755)
        return path

    def refused(self, what, *arguments):
        with self.assertRaises(SnapshotError) as raised:
            what(*arguments)
        return str(raised.exception)

    def test_the_servers_own_version_is_preferred_then_the_next_newer_one(self):
        self.install("18.1", "15.3", "16.2")

        for major, chosen in ((15, "15.3"), (16, "16.2"), (17, "18.1"), (14, "15.3")):
            self.assertEqual(chosen, programs.choose(major).version)

    def test_without_one_that_is_new_enough_it_says_what_is_there_and_what_to_install(self):
        self.install("15.3")

        self.assertEqual(
            "there is no pg_dump of version 17 or newer, which the server needs\n"
            f"    {self.directory.resolve()}/15.3/bin/pg_dump: version 15.3\n"
            "  next: install it: apt-get install postgresql-client-17, or "
            'pip install "unittest-harness[embedded]"',
            self.refused(programs.choose, 17),
        )

    def test_without_any_it_says_what_to_install(self):
        self.install()

        self.assertIn("needs\n  next: install it: apt-get", self.refused(programs.choose, 16))

    def test_a_failure_shows_what_it_printed_but_not_the_password(self):
        path = self.program("pg_dump", "")
        path.write_text('#!/bin/sh\necho "no: $PGPASSWORD $7 $8 $9 ${10} ${11}" >&2\nexit 3\n')
        endpoint = Endpoint(
            "h", 1, "me", "hunter2", "shop", options=(("sslmode", "require"), ("sslpassword", "p2"))
        )

        said = self.refused(PgDump(Path(path), "15.3").schema, endpoint, "1-1", "pre-data")

        self.assertIn(f"{path} failed with exit code 3\n    no: *** ", said)
        self.assertIn("--dbname=postgresql://me@h:1/shop?sslmode=require\n", said)
        self.assertNotIn("hunter2", said)
        self.assertNotIn("p2", said)
