"""The virtual psycopg connection of a `rollback` lease side by side with a real one."""

import logging

from harness import Postgres
from tests.integration.shop import shop
from tests.integration.twins import Twins

ADD = "insert into items (name) values (%s)"


class PsycopgTwins(Twins):
    virtual = Postgres(migrations=shop, driver="psycopg")
    real = Postgres(migrations=shop, driver="psycopg", isolation="commit")

    def setUp(self):
        """Hush what psycopg logs of failures that come after a failure."""
        logger = logging.getLogger("psycopg")
        self.addCleanup(logger.setLevel, logger.level)
        logger.setLevel(logging.ERROR)

    def check(self, scenario, *expected):
        """The scenario notes the state of the transaction at its end, too."""

        def noted(s):
            scenario(s)
            s.journal.append(state(s))

        super().check(noted, *expected)


def state(s):
    return s.connection.info.transaction_status.name


def add(s, name):
    return s.connection.execute(ADD, [name])


def failing_block(s):
    with s.connection.transaction():
        add(s, "lost")
        add(s, "lost")
