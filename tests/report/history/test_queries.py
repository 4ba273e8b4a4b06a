"""What a history is asked for."""

from harness.report.history.file import History
from harness.report.history.queries import durations, fixtures, last_failed
from tests.report.history import files
from tests.support.unit import DirectoryTest

A, B, C = (f"t.ATest.test_{name}" for name in "abc")


class QueriesTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "history.sqlite"

    def add(self, *tests, **values):
        files.add(self.path, list(tests), **values)

    def ask(self, query, *arguments, **named):
        with History(self.path) as history:
            return query(history, *arguments, **named)

    def test_a_test_takes_the_median_of_its_last_runs(self):
        for number, seconds in enumerate([100.0, 1.0, 2.0, 9.0]):
            test = files.entry(A, files.attempt("passed", seconds, setup=0.5))
            self.add(test, began=files.BEGAN + number)

        self.assertEqual({A: 2.0}, self.ask(durations, last=3))
        self.assertEqual({A: 5.5}, self.ask(durations, last=2))

    def test_a_test_that_was_not_in_the_last_runs_takes_what_it_took_before(self):
        self.add(files.entry(A, files.attempt("passed", 3.0)), began=1.0)
        self.add(files.entry(B, files.attempt("passed", 1.0)), began=2.0)

        self.assertEqual({A: 3.0, B: 1.0}, self.ask(durations))

    def test_what_was_skipped_or_has_crashed_tells_nothing_of_how_long_a_test_takes(self):
        self.add(
            files.entry(A, files.attempt("skipped", 0.001)),
            files.entry(B, files.attempt("crashed", None)),
            files.entry(C, files.attempt("failed", 2.0)),
        )

        self.assertEqual({C: 2.0}, self.ask(durations))

    def test_fixtures_take_the_median_of_their_last_runs(self):
        for seconds in 1.0, 5.0, 2.0:
            files.add(self.path, {A: "passed"}, {"t.ATest": seconds})

        self.assertEqual({"t.ATest": 2.0}, self.ask(fixtures))

    def test_what_failed_when_it_was_last_run_has_failed_whichever_run_that_was(self):
        files.add(self.path, {A: "failed", B: "passed", C: "error"}, began=1.0)
        files.add(self.path, {B: "crashed"}, began=2.0)
        files.add(self.path, {C: "passed"}, began=3.0)

        self.assertEqual({A, B}, self.ask(last_failed))

    def test_a_run_that_is_put_in_later_changes_nothing_of_what_came_after_it(self):
        files.add(self.path, {A: "passed"}, began=2.0)
        files.add(self.path, {A: "failed", B: "failed"}, began=1.0)

        self.assertEqual({B}, self.ask(last_failed))

    def test_a_skipped_test_has_not_failed_and_a_flaky_one_has(self):
        files.add(self.path, {A: "failed", B: "passed"}, began=1.0)
        flaky = files.entry(B, files.attempt("failed"), files.attempt("passed", rerun=1), due=2)
        self.add(files.entry(A, files.attempt("skipped")), flaky, began=2.0)

        self.assertEqual({B}, self.ask(last_failed))
