"""Under `rollback` a psycopg connection behaves as a real one: pipelines."""

from tests.integration.providers import on_embedded
from tests.integration.psycopg_twins import PsycopgTwins, add, failing_block, state


@on_embedded
class PostgresConformancePsycopgPipelines(PsycopgTwins):
    def test_a_pipeline(self):
        def scenario(s):
            with s.connection.pipeline():
                add(s, "a")
                counted = s.connection.execute("select count(*) from items")
                add(s, "b")
            s.journal.append([counted.fetchone(), state(s)])
            s.commit()

        self.check(scenario, "a", "b")

    def test_a_pipeline_that_fails(self):
        def scenario(s):
            def pipeline():
                with s.connection.pipeline():
                    for name in "aabc":
                        add(s, name)

            s.note(pipeline)
            s.journal.append(state(s))
            s.rollback()
            add(s, "d")
            s.commit()

        self.check(scenario, "d")

    def test_commits_rollbacks_and_blocks_in_a_pipeline(self):
        def scenario(s):
            with s.connection.pipeline():
                add(s, "a")
                s.connection.commit()
                add(s, "b")
                s.connection.rollback()
                with s.connection.transaction():
                    add(s, "c")
                s.note(lambda: failing_block(s))
                add(s, "d")
                s.connection.execute("commit")
            s.journal.append(state(s))

        self.check(scenario, "a", "c", "d")

    def test_a_pipeline_in_autocommit_commits_at_each_sync(self):
        def scenario(s):
            s.connection.autocommit = True

            def pipeline():
                with s.connection.pipeline() as pipeline:
                    add(s, "a")
                    pipeline.sync()
                    add(s, "b")
                    add(s, "a")

            s.note(pipeline)
            s.journal.append(state(s))
            add(s, "c")

        self.check(scenario, "a", "c")

    def test_a_failure_that_is_fetched_in_the_middle_of_a_pipeline(self):
        for autocommit in (False, True):

            def scenario(s, autocommit=autocommit):
                s.connection.autocommit = autocommit

                def pipeline():
                    with s.connection.pipeline():
                        add(s, "a")
                        s.note(s.connection.execute("select 1/0").fetchall)
                        s.note(s.connection.commit)
                        s.note(s.connection.rollback)
                        add(s, "b")
                        s.connection.commit()

                s.note(pipeline)

            with self.subTest(autocommit=autocommit):
                self.check(scenario, "b")
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_a_pipeline_in_a_transaction_that_has_failed(self):
        def scenario(s):
            s.add("a", "a")
            with s.connection.pipeline():
                s.connection.commit()
                add(s, "b")
                s.connection.commit()

        self.check(scenario, "b")

    def test_a_rollback_in_a_pipeline_in_autocommit_comes_too_late(self):
        def scenario(s):
            s.connection.autocommit = True
            with s.connection.pipeline():
                add(s, "a")
                s.connection.rollback()
                add(s, "b")

        self.check(scenario, "a", "b")

    def test_a_pipeline_in_autocommit_with_a_block(self):
        def scenario(s):
            s.connection.autocommit = True
            with s.connection.pipeline():
                add(s, "a")
                s.note(lambda: failing_block(s))
                with s.connection.transaction():
                    add(s, "b")

        self.check(scenario, "a", "b")
