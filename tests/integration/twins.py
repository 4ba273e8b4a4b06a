"""The virtual connection of a `rollback` lease side by side with a real one."""

from harness import Postgres
from harness.services.postgres.connect import sqlstate
from tests.integration.shop import shop


class Script:
    """A scenario's view of its connection: what it does, and a journal of what came back."""

    def __init__(self, connection):
        self.connection = connection
        self.cursor = connection.cursor()
        self.journal = []

    def add(self, *names):
        for name in names:
            self.run("insert into items (name) values (%s)", [name])

    def run(self, sql, parameters=(), **options):
        """Run a statement; note its rows, or the server's code of its failure."""
        self.note(lambda: self.cursor.execute(sql, parameters, **options))

    def commit(self):
        self.note(self.connection.commit)

    def rollback(self):
        self.note(self.connection.rollback)

    def ask(self, sql):
        """Note the rows of a query."""
        self.run(sql)
        if not self.journal[-1]:
            self.journal.append([list(row) for row in self.cursor.fetchall()])

    def note(self, action):
        try:
            action()
        except Exception as error:
            said = sqlstate(error) or str(error).partition(": <")[0]  # without reprs
            self.journal.append(f"{type(error).__name__} {said}")
        else:
            self.journal.append("")


class Twins:
    """Two leases of one schema: the virtual connection, and the real one that it stands for."""

    virtual = Postgres(migrations=shop)
    real = Postgres(migrations=shop, isolation="commit")

    def check(self, scenario, *expected):
        """Compare a scenario on both, and the names of items that stayed with the expected."""
        self.assertEqual(list(expected), self.compare(scenario))

    def compare(self, scenario):
        """Run a scenario on both, compare all that came back and what stayed in the database."""
        outcomes = []
        for lease in (self.virtual, self.real):
            script = Script(lease.connection)
            scenario(script)
            script.connection.close()
            outcomes.append((script.journal, names(lease), contents(lease)))
        self.assertEqual(outcomes[1], outcomes[0])
        return outcomes[0][1]


def names(lease):
    return [name for (name,) in lease.rows("select name from items order by id")]


def contents(lease):
    queries = (
        "select * from parents order by 1",
        "select * from children order by 1",
        "select * from ranks order by 1",
        "select line from audit.log order by id",
    )
    return [lease.rows(query) for query in queries]
