"""Under `rollback` the code's connection behaves as a real one: constraints."""

from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.twins import Twins


@on_every_provider
@also_with_psycopg
class PostgresConformanceConstraints(Twins):
    def test_a_deferred_constraint_may_be_broken_until_the_commit(self):
        def scenario(s):
            s.run("insert into children values (1, 7)")
            s.run("insert into parents values (7)")
            s.commit()

        self.check(scenario)

    def test_a_deferred_constraint_is_checked_at_each_commit(self):
        def scenario(s):
            s.run("insert into children values (1, 7)")
            s.commit()
            s.run("insert into parents values (7)")
            s.run("insert into children values (1, 7)")
            s.commit()
            s.run("insert into children values (2, 8)")
            s.commit()
            s.run("insert into children values (3, 9)")
            s.run("commit")

        self.check(scenario)

    def test_a_deferred_constraint_is_checked_after_each_statement_in_autocommit(self):
        def scenario(s):
            s.connection.autocommit = True
            s.run("insert into children values (1, 7)")
            s.add("a")
            s.run("begin")
            s.run("insert into children values (1, 7)")
            s.run("insert into parents values (7)")
            s.run("commit")

        self.check(scenario, "a")

    def test_a_constraint_that_the_code_defers_is_immediate_again_after_the_commit(self):
        def scenario(s):
            s.run("insert into ranks values (1, 1), (2, 2)")
            s.run("set constraints one_rank deferred")
            s.run("update ranks set rank = 2 where id = 1")
            s.run("update ranks set rank = 1 where id = 2")
            s.commit()
            s.run("update ranks set rank = 2 where id = 2")
            s.rollback()

        self.check(scenario)

    def test_set_constraints_all_deferred_lasts_as_long_as_its_transaction(self):
        def scenario(s):
            s.run("set constraints all deferred")
            s.run("insert into ranks values (1, 1), (2, 1)")
            s.rollback()
            s.run("insert into ranks values (1, 1), (2, 1)")
            s.rollback()

        self.check(scenario)

    def test_a_constraint_that_the_code_makes_immediate_is_deferred_again_after_the_commit(self):
        def scenario(s):
            s.run("set constraints all immediate")
            s.run("insert into children values (1, 7)")
            s.rollback()
            s.run("set constraints all immediate")
            s.commit()
            s.run("insert into children values (1, 7)")
            s.run("insert into parents values (7)")
            s.commit()

        self.check(scenario)

    def test_a_deferred_constraint_made_by_the_code_itself(self):
        def scenario(s):
            s.run(
                "create table late (id int primary key, up int references late "
                "DEFERRABLE INITIALLY DEFERRED)"
            )
            s.commit()
            for _ in range(2):
                s.run("insert into late values (1, 2)")
                s.run("insert into late values (2, 1)")
                s.commit()
                s.run("delete from late")
                s.commit()
            s.run("insert into late values (3, 4)")
            s.commit()

        self.check(scenario)

    def test_a_deferred_constraint_that_the_code_drops(self):
        def scenario(s):
            s.run("drop table children")
            s.add("a")
            s.commit()
            s.run("create table children (id integer primary key, parent integer)")
            s.add("b")
            s.commit()

        self.check(scenario, "a", "b")

    def test_a_deferred_constraint_that_the_code_renames(self):
        def scenario(s):
            s.run("alter table children rename constraint child_parent to renamed")
            s.commit()
            s.run("insert into children values (1, 7)")
            s.run("insert into parents values (7)")
            s.commit()

        self.check(scenario)

    def test_rows_that_a_trigger_writes_at_commit_stay(self):
        def scenario(s):
            s.run("insert into parents values (1)")
            s.ask("select line from audit.log")
            s.commit()
            s.ask("select line from audit.log")
            s.run("insert into parents values (2)")
            s.rollback()
            s.run("insert into parents values (3)")
            s.commit()

        self.check(scenario)
