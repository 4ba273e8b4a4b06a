"""`isolation="commit"`: whatever kind of statement a test runs, the next one finds nothing of it.

The schema, the statements and the comparison are those of the torture by random statements, which
combines them. Each kind is run on one of the providers; what touches the whole server has its own.
"""

import dataclasses
import functools
import itertools

from harness import HarnessTestCase, Postgres
from tests.integration.providers import environment, on_every_provider_and_role, on_one_python
from tests.torture.statements import kinds
from tests.torture.statements.schema import everything
from tests.torture.statements.stage import Stage, Step, postgres

PARTS = 4  # of the slowest ones, for as many processes
ORDER = ("external", "docker", "embedded")
DRIVERS = itertools.cycle(("connection", "psycopg"))
TWO_PHASES = ("two phases", "two phases undone", "leave a prepared transaction")  # a setting
FOR_GOOD = "alter a tablespace"  # what nothing can put back
# Those that fail, as they are meant to, where each statement is a transaction of its own.
FAILING = {
    *TWO_PHASES[:2],
    *("insert and fail", "insert what is checked at the end", "insert both ends", "update a key"),
    *("lock a table", "change a column", "attach a part", "fail to make an index"),
    *("detach a part side by side", "end its own backend", "lock rows and fail"),
    *("drop all that is owned", "cursor of a transaction"),
}


class KindsTest:
    """Runs kinds of statements, each as a test."""

    needed = Postgres(migrations=everything, isolation="commit")
    alone = False  # whether the server is nobody else's

    @property
    def instance(self):
        return self.environment.instance(type(self).needed)  # without a lease of our own

    @functools.cached_property
    def stage(self):
        stage = Stage(self.environment, type(self).needed, alone=self.alone)
        self.addCleanup(stage.close)
        return stage

    def check(self, stage, names):
        for name in names:
            with self.subTest(name):
                stage.check([Step(next(DRIVERS), "alone", ((name, 3),))])
                if name not in FAILING and "postgres.superuser" in self.instance.capabilities:
                    self.assertEqual("", stage.failed.get(name, ""))


@on_every_provider_and_role
@on_one_python
class PostgresConformanceKinds(KindsTest):
    def share(self, *groups):
        """Return a third of the kinds."""
        names = [name for group in groups for name in group]
        return names[ORDER.index(self.instance.provider) :: len(ORDER)]

    def test_rows(self):
        self.check(self.stage, self.share(kinds.ROWS))

    def test_sequences_and_large_objects(self):
        self.check(self.stage, self.share(kinds.SEQUENCES, kinds.LARGE_OBJECTS))


@on_one_python
class SessionTest(KindsTest, HarnessTestCase):
    """Where a new database is made in no time."""

    environment = environment("embedded")

    def test_what_a_session_keeps(self):
        self.check(self.stage, kinds.SESSION)

    def test_what_stands_outside_of_transactions(self):
        self.check(self.stage, kinds.ALONE)

    def test_what_ends_sessions_and_the_database(self):
        self.check(self.stage, kinds.ENDINGS)


class StructureKinds(KindsTest):
    """Some of the kinds that change the structure: most of them are slow."""

    environment = environment("embedded")
    part: int

    def test_structure(self):
        self.check(self.stage, list(kinds.STRUCTURE)[self.part :: PARTS])


for part in range(PARTS):
    name = f"Structure{part + 1}Test"
    members = {"part": part, "__module__": __name__}
    globals()[name] = on_one_python(type(name, (StructureKinds, HarnessTestCase), members))


@on_one_python
class WholeServerTest(KindsTest, HarnessTestCase):
    """What all databases share: on a server that no other test uses."""

    environment = environment("embedded")
    needed = dataclasses.replace(postgres(alone=True), exclusive=True)
    alone = True

    def test_it_is_put_back_or_named(self):
        self.check(self.stage, [name for name in kinds.WHOLE_SERVER if name != FOR_GOOD])

    def test_what_was_moved_to_other_files_is_watched_there(self):
        for name in ("vacuum everything fully", "vacuum what is shared and write"):
            self.check(self.stage, [name, "set a setting of the database", "create a role"])

    def test_two_phases(self):
        self.check(self.stage, TWO_PHASES)

        self.assertEqual({}, self.stage.failed)

    def test_what_cannot_be_put_back_is_named(self):
        self.check(self.stage, [FOR_GOOD])

        self.assertTrue(self.stage.spoilt)
