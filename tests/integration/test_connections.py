"""How many connections a process holds: a server has only so many, and many processes share them."""

from harness import Environment, Postgres
from harness.services.postgres.databases import NAME
from tests.integration.providers import on_every_provider_and_role

ITS_OWN = 3  # of the database whose tests run: to look at it, for the code, for the lease's methods
ADMINISTRATION = 2  # one makes and drops databases, one holds what must last as long as the process
LOG = 1  # on somebody else's server, in a database that has the extension


def first(db):
    db.execute("create table first (id serial primary key)")


def second(db):
    db.execute("create table second (id serial primary key)")


def third(db):
    db.execute("create table third (id serial primary key)")


@on_every_provider_and_role
class PostgresConformanceConnections:
    def connections(self, instance, name):
        """Return how many sessions the environment has that made a database."""
        made = NAME.fullmatch(name)
        databases = f"%\\_{made['process']}\\_{made['nonce']}%"
        [[working]] = instance.databases.rows(
            f"select count(*) from pg_stat_activity where datname like '{databases}' "
            "or pid = pg_backend_pid()"
        )
        return working + 1  # which holds the locks, by a name that says nothing of environments

    def most(self, environment, services):
        """Return how many sessions there are at the most while tests of some classes run."""
        counts = []
        for service in services:
            for _ in range(3):
                with environment.lease(service) as db:
                    db.connection.cursor().execute(f"insert into {service.name} default values")
                    db.connection.commit()
                    db.execute(f"insert into {service.name} default values")
                    counts.append(self.connections(db.instance, db.database))
        return max(counts)

    def test_three_commit_classes_hold_no_more_than_one(self):
        services = [
            Postgres(migrations=make, isolation="commit", name=make.__name__)
            for make in (first, second, third)
        ]

        with Environment(type(self).environment.settings) as environment:
            most = self.most(environment, services)
            instance = environment.instance(services[0])
            reads = LOG * bool(instance.external and instance.wal)

        self.assertEqual(ADMINISTRATION + ITS_OWN + reads, most)
