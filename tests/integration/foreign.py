"""Somebody else's PostgreSQL server, for the tests of what is never done to one."""

import atexit
import functools
import tempfile

import psycopg

from harness import Environment, Postgres

PASSWORD = "a b:c@d/e%f"  # what a URL has to escape
ROLES = (
    f"create role maker login createdb password '{PASSWORD}'",
    f"create role reader login password '{PASSWORD}'",
    f"create role frozen login createdb password '{PASSWORD}'",
    "alter role frozen set default_transaction_read_only = on",
)
SHOP = (
    "create table customers (id integer generated always as identity primary key, name text)",
    "insert into customers (name) values ('Ada'), ('Grace')",
    "create view names as select name from customers",
    "grant select on customers to maker, reader, frozen",
)


class ForeignServer:
    """A server with three roles and a database `shop` that holds data.

    Args:
        environment: Where it runs; as an embedded server, which knows nothing of its use here.
    """

    def __init__(self, environment):
        self.endpoint = environment.instance(Postgres()).endpoint
        self.execute("postgres", *ROLES, "create database shop")
        self.execute("shop", *SHOP)

    def url(self, user=None, password=PASSWORD, database="shop", **parts):
        """Return a URL for the server: of the superuser, or of a role."""
        from dataclasses import replace

        endpoint = replace(self.endpoint, **parts)
        if user is not None:
            endpoint = replace(endpoint, user=user, password=password)
        return str(endpoint.url("postgresql", database))

    def execute(self, database, *statements):
        with psycopg.connect(self.url(database=database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, sql, database="postgres"):
        with psycopg.connect(self.url(database=database), autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def databases(self):
        """Return the names of the databases that look like ours."""
        return sorted(name for (name,) in self.rows(OURS))


OURS = "select datname from pg_database where datname like 't\\_%'"


@functools.cache
def foreign_server():
    """Return the server of this process, started at first use; shared with no other."""
    state = tempfile.TemporaryDirectory()
    atexit.register(state.cleanup)
    environment = Environment(providers="embedded", state_dir=state.name)
    atexit.register(environment.close)
    return ForeignServer(environment)
