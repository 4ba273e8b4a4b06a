"""A setting that a test makes up (`set my.thing = 'x'`) is null to the next test, as it was."""

from harness import HarnessTestCase, Postgres
from tests.integration.providers import also_with_psycopg, on_embedded

ASK = "select current_setting('my.thing', true)"


def with_functions(db):
    """Make functions that make up the setting: only their bodies name it."""
    db.execute(
        "create function log_in(who text) returns void language plpgsql as "
        "$$ begin perform set_config('my.thing', who, false); end $$"
    )


@on_embedded
@also_with_psycopg
class CustomizedTest:
    def check(self, make, isolation):
        """Run a test that makes a setting on both sessions, and one that looks at both."""

        class Case(HarnessTestCase):
            db = Postgres(migrations=with_functions, isolation=isolation, driver=self.driver)

            def look(self):
                cursor = self.db.connection.cursor()
                cursor.execute(ASK)
                return [cursor.fetchone()[0], self.db.value(ASK)]

            def test_a(self):
                self.assertEqual([None, None], self.look())
                cursor = self.db.connection.cursor()
                for run in (cursor.execute, self.db.execute):
                    run(make, ["x"])
                self.assertEqual(["x", "x"], self.look())

            def test_b(self):
                self.assertEqual([None, None], self.look())

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual([], result.raised, result.text)

    def test_under_commit(self):
        self.check("select set_config('my.thing', %s, false)", "commit")

    def test_under_readonly(self):
        self.check("select set_config('my.thing', %s, false)", "readonly")

    def test_under_rollback(self):
        self.check("select set_config('my.thing', %s, false)", "rollback")

    def test_by_a_function_under_commit(self):
        self.check("select log_in(%s)", "commit")
