"""How many connections a process holds: a server has only so many, which many processes share."""

import tempfile
import time

from harness import Environment, HarnessTestCase, Postgres
from harness.services.postgres.database_names import NAME
from tests.integration.providers import on_each_kind_of_server_and_role

OF_THE_DATABASE = 3  # to look at it, for the code, for the lease's own methods
ADMINISTRATION = 2  # one makes and drops databases, one holds the locks that last as we do
LOG = 1  # on somebody else's server, where the extension is in a database of its own


def first(db):
    db.execute("create table first (id serial primary key)")


def second(db):
    db.execute("create table second (id serial primary key)")


def third(db):
    db.execute("create table third (id serial primary key)")


CLASSES = [
    Postgres(migrations=make, isolation="commit", name=make.__name__)
    for make in (first, second, third)
]


def play(environment, service, count):
    """Run a test that uses all that a lease offers; return what is counted meanwhile."""
    with environment.lease(service) as db:
        db.connection.cursor().execute(f"insert into {service.name} default values")
        db.connection.commit()
        db.execute(f"insert into {service.name} default values")
        return count(db)


def log(instance):
    """Return how many sessions read the log alone."""
    return LOG * bool(instance.external and instance.wal)


def ours(lease):
    """Return how many sessions the environment of a lease has, without those just closed."""
    deadline = time.monotonic() + 2
    while (count := ours_now(lease)) > ADMINISTRATION + OF_THE_DATABASE + log(lease.instance):
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return count


def ours_now(lease):
    made = NAME.fullmatch(lease.database)
    [[working]] = lease.instance.databases.rows(
        "select count(*) from pg_stat_activity where pid = pg_backend_pid() "
        f"or datname like '%\\_{made['process']}\\_{made['nonce']}%' and usesysid is not null"
    )
    return working + 1  # that of the locks, whose name says nothing of environments


def all_of_them(lease):
    """Return how many sessions there are on the server of a lease."""
    query = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    return lease.instance.databases.rows(query)[0][0]


@on_each_kind_of_server_and_role
class PostgresConformanceConnections:
    def test_classes_one_after_another_hold_no_more_than_one(self):
        with Environment(type(self).environment.settings) as environment:
            counts = [play(environment, service, ours) for service in CLASSES for _ in range(3)]
            most = ADMINISTRATION + OF_THE_DATABASE + log(environment.instance(CLASSES[0]))

        self.assertEqual({most}, set(counts))

    def test_classes_that_take_turns_close_nothing_in_between(self):
        with Environment(type(self).environment.settings) as environment:
            once, again = (self.sessions(environment) for _ in range(2))

        self.assertEqual(once, again)

    def sessions(self, environment):
        """Let two classes take turns; return which session each had the second time."""
        for service in CLASSES[:2]:
            play(environment, service, type)
        return [play(environment, service, lambda db: db.connection.pid) for service in CLASSES[:2]]


class OwnServerTest(HarnessTestCase):
    def test_the_log_is_read_over_a_connection_that_is_there_anyway(self):
        state = self.enterContext(tempfile.TemporaryDirectory())
        with Environment(providers="embedded", state_dir=state) as environment:
            counts = [play(environment, service, all_of_them) for service in CLASSES]

        self.assertEqual({ADMINISTRATION + OF_THE_DATABASE}, set(counts))
