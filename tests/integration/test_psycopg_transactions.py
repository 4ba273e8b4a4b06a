"""Under `rollback` a psycopg connection behaves as a real one: transactions."""

import psycopg

from tests.integration.providers import on_every_provider
from tests.integration.psycopg_twins import PsycopgTwins, add, failing_block, state
from tests.integration.twins import Twins

STEPS = ("select 1", "commit", "begin", "select 1/0", "end work", "start transaction", "abort")


@on_every_provider
class PostgresConformancePsycopgTransactions(PsycopgTwins):
    def test_a_block_commits(self):
        def scenario(s):
            with s.connection.transaction() as block:
                add(s, "a")
                s.journal.append([state(s), block.savepoint_name])
            s.journal.append([state(s), block.status])
            s.rollback()

        self.check(scenario, "a")

    def test_a_block_that_raises_undoes(self):
        def scenario(s):
            def block():
                with s.connection.transaction():
                    add(s, "a")
                    raise LookupError

            s.note(block)
            add(s, "b")
            s.commit()

        self.check(scenario, "b")

    def test_a_block_with_a_name_and_one_in_a_transaction(self):
        def scenario(s):
            with s.connection.transaction("outer one") as block:
                add(s, "a")
                s.journal.append(block.savepoint_name)
            add(s, "b")
            with s.connection.transaction() as block:
                add(s, "c")
                s.journal.append(block.savepoint_name)
            s.journal.append(state(s))
            s.rollback()

        self.check(scenario, "a")

    def test_blocks_nest(self):
        def scenario(s):
            with s.connection.transaction():
                add(s, "a")
                with s.connection.transaction() as inner:
                    add(s, "b")
                    raise psycopg.Rollback
                s.journal.append([inner.status, inner.savepoint_name])
                s.note(lambda: failing_block(s))
                with s.connection.transaction(force_rollback=True):
                    add(s, "c")
                with s.connection.transaction():
                    add(s, "d")

        self.check(scenario, "a", "d")

    def test_a_rollback_leaves_all_blocks_up_to_the_one_that_it_names(self):
        def scenario(s):
            with s.connection.transaction() as outermost:
                add(s, "a")
                with s.connection.transaction():
                    add(s, "b")
                    raise psycopg.Rollback(outermost)
            s.journal.append([state(s), outermost.status])
            add(s, "c")
            s.commit()

        self.check(scenario, "c")

    def test_a_block_that_swallows_a_failure_keeps_nothing(self):
        def scenario(s):
            with s.connection.transaction() as block:
                add(s, "a")
                s.add("a")
                s.journal.append(state(s))
            s.journal.append(block.status)
            add(s, "b")
            s.commit()

        self.check(scenario, "b")

    def test_a_block_checks_deferred_constraints_at_its_end(self):
        def scenario(s):
            def block():
                with s.connection.transaction():
                    add(s, "a")
                    s.connection.execute("insert into children values (1, 7)")

            s.note(block)

        self.check(scenario)

    def test_in_a_block_neither_commit_nor_rollback_nor_autocommit_may_be_said(self):
        def scenario(s):
            with s.connection.transaction():
                add(s, "a")
                s.commit()
                s.rollback()
                s.note(lambda: s.connection.set_autocommit(True))

        self.check(scenario, "a")

    def test_a_block_in_autocommit(self):
        def scenario(s):
            s.connection.autocommit = True
            add(s, "a")
            s.note(lambda: failing_block(s))
            with s.connection.transaction():
                add(s, "c")
            s.journal.append(state(s))
            add(s, "d")
            s.rollback()

        self.check(scenario, "a", "c", "d")

    def test_autocommit_cannot_be_changed_in_a_transaction(self):
        def scenario(s):
            add(s, "a")
            s.note(lambda: setattr(s.connection, "autocommit", True))
            s.journal.append(s.connection.autocommit)
            s.add("a")
            s.note(lambda: setattr(s.connection, "read_only", True))
            s.rollback()
            s.note(lambda: setattr(s.connection, "autocommit", True))
            s.journal.append(s.connection.autocommit)
            s.add("b", "b", "c")

        self.check(scenario, "b", "c")

    def test_the_state_after_each_step(self):
        def scenario(s):
            for step in (*STEPS, *STEPS[::-1]):
                s.run(step)
                s.journal.append([state(s), s.cursor.statusmessage, s.cursor.rowcount])

        self.check(scenario)

    def test_what_stays_of_a_connection_as_a_context(self):
        for raising, names in ((False, ["a"]), (True, [])):

            def scenario(s, raising=raising):
                def use():
                    with s.connection:
                        add(s, "a")
                        if raising:
                            raise LookupError

                s.note(use)
                s.journal.append([s.connection.closed, s.connection.broken])
                s.note(lambda: add(s, "b"))
                s.note(s.connection.commit)
                s.connection.close()

            with self.subTest(raising=raising):
                Twins.check(self, scenario, *names)
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_a_block_in_which_the_connection_is_closed(self):
        def scenario(s):
            with s.connection.transaction() as block:
                add(s, "a")
                s.connection.close()
            s.journal.append(block.status)

        Twins.check(self, scenario)

    def test_a_statement_whose_parameters_are_wrong(self):
        def scenario(s):
            s.run("select %s", [1, 2])
            s.journal.append(state(s))
            s.rollback()
            s.connection.autocommit = True
            s.run("select %s", [object()])

        self.check(scenario)
