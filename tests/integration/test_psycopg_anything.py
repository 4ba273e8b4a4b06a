"""Under `rollback` a psycopg connection behaves as a real one: whatever is done."""

import functools
import random

from tests.integration.providers import on_embedded
from tests.integration.psycopg_twins import ADD, PsycopgTwins, state


class BoomError(Exception):
    """Of the scripts' own."""


def inside(s, rng, depth, failing):
    with s.connection.transaction():
        anything(s, rng, depth + 1)
        if failing:
            raise BoomError


def anything(s, rng, depth=0):
    """Do a few things at random, and note after each what came back and the state."""
    for _ in range(rng.randrange(2, 7)):
        kind = rng.choice(("sql", "sql", "sql", "many", "copy", "end", "autocommit", "block"))
        names = rng.choices("abc", k=2)
        if kind == "sql":
            s.run(rng.choice(STATEMENTS if depth else [*STATEMENTS, *ENDS]))
        elif kind == "many":
            s.note(functools.partial(s.cursor.executemany, ADD, [[name] for name in names]))
        elif kind == "copy":
            s.note(functools.partial(copy, s, *names))
        elif kind == "end":
            rng.choice((s.commit, s.rollback))()
        elif kind == "autocommit":
            s.note(functools.partial(s.connection.set_autocommit, rng.random() < 0.5))
        elif depth < 3:
            s.note(functools.partial(inside, s, rng, depth, rng.random() < 0.3))
        s.journal.append(state(s))


def copy(s, *names):
    with s.connection.cursor().copy("copy items (name) from stdin") as copy:
        for name in names:
            copy.write_row([name])


ENDS = ("begin", "commit", "rollback", "end", "start transaction")
STATEMENTS = (
    "insert into items (name) values ('a')",
    "insert into items (name) values ('b')",
    "insert into children values (1, 1)",
    "insert into parents values (1)",
    "delete from children",
    "set constraints all immediate",
    "create table extra (id int)",
    "select 1/0",
    "select 1",
)


@on_embedded
class PostgresConformancePsycopgAnything(PsycopgTwins):
    def test_whatever_is_done_comes_out_as_on_a_real_connection(self):
        for number in range(30):
            seed = self.rng.random()

            def scenario(s, seed=seed):
                anything(s, random.Random(seed))
                s.run("drop table if exists extra")
                s.rollback()

            with self.subTest(number=number, seed=seed):
                self.compare(scenario)
                for lease in (self.virtual, self.real):
                    for table in ("parents", "items", "audit.log"):
                        lease.truncate(table)
