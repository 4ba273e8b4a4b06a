"""What a run shows of how far it is, while it is under way."""

import contextlib
import io
import unittest

from harness.report.follower import Follower
from harness.runner.ledger import Attempt, Ledger, Outcome, UnitAccount
from tests.report.terminal import terminal


class FollowerTest(unittest.TestCase):
    def setUp(self):
        self.now = 0.0
        self.said = []
        self.ledger = Ledger()
        self.ledger.expect(UnitAccount("m.A", ("m.A.test_a", "m.A.test_b", "m.A.test_c")))

    def load(self, stream=None, **options):
        stream = stream or io.StringIO()
        return Follower(stream, self.said.append, clock=lambda: self.now, **options)

    def follow(self, *arguments, **options):
        follower = self.load(*arguments, **options)
        follower.began(self.ledger, 2)
        return follower

    def begin(self, follower, name, **facts):
        entry, attempt = self.ledger.entries[name], Attempt(worker=1, **facts)
        follower.started(entry, attempt)
        return entry, attempt

    def end(self, follower, begun, kind="passed"):
        entry, attempt = begun
        attempt.outcomes.append(Outcome(kind))
        follower.finished(entry, attempt)

    def look(self, follower, seconds):
        self.now = seconds
        follower.look()
        return self.said[-1] if self.said else ""

    def test_it_tells_what_each_worker_is_in_when_that_takes_long(self):
        follower = self.follow()
        follower.entered(1, "m.A")
        self.assertIn("after 0:31, fixtures of m.A for 31 s (worker 1)", self.look(follower, 31))
        begun = self.begin(follower, "m.A.test_a")
        self.assertIn("m.A.test_a for 40 s (worker 1)", self.look(follower, 71))
        self.end(follower, begun, "failed")
        follower.left(1)
        self.assertEqual("1 of 3 tests after 1:51, 1 failed", self.look(follower, 111))

    def test_it_tells_how_long_tests_are_being_loaded(self):
        follower = self.load()
        self.assertEqual("", self.look(follower, 29))
        self.assertEqual("loading tests, 0:30", self.look(follower, 30))
        follower.began(self.ledger, 2)
        self.assertEqual("0 of 3 tests after 1:00", self.look(follower, 60))

    def test_on_a_terminal_it_tells_so_after_a_moment(self):
        with terminal(60) as screen, screen.open() as stream:
            follower = self.load(stream)
            self.look(follower, 4.9)
            self.assertEqual([], screen.printed())
            self.look(follower, 5)
            self.assertEqual("loading tests, 0:05", screen.lines()[-1])
            follower.began(self.ledger, 2)
            self.look(follower, 5.1)
            self.assertEqual("0/3, 0:05", screen.lines()[-1])
            follower.close()

    def test_a_worker_that_has_died_is_in_nothing(self):
        follower = self.follow()
        begun = self.begin(follower, "m.A.test_a")
        follower.lost(1, "SIGKILL", "m.A.test_a")
        self.end(follower, begun, "crashed")
        self.assertEqual("1 of 3 tests after 0:35, 1 failed", self.look(follower, 35))

    def test_rounds_count_and_reruns_do_not(self):
        follower = self.follow(repeat=2)
        self.end(follower, self.begin(follower, "m.A.test_a"), "failed")
        self.end(follower, self.begin(follower, "m.A.test_a", rerun=1))
        follower.left(1)
        self.assertEqual("1 of 6 tests after 0:35, 1 failed", self.look(follower, 35))

    def test_time_left_follows_from_how_long_tests_took_before(self):
        follower = self.follow(known=lambda: {"m.A.test_a": 40.0, "m.A.test_b": 20.0})
        self.end(follower, self.begin(follower, "m.A.test_a"))
        follower.left(1)
        self.assertEqual("1 of 3 tests after 0:35, about 0:25 left", self.look(follower, 35))

    def test_a_quick_run_shows_nothing_and_imports_nothing_for_it(self):
        with terminal() as screen, screen.open() as stream:
            follower = self.follow(stream)
            self.look(follower, 0.4)
            follower.close()
            self.assertEqual([], screen.printed())

    def test_a_terminal_that_goes_away_does_not_end_the_run(self):
        with terminal() as screen:
            stream = screen.open()
            follower = self.follow(stream)
            self.look(follower, 1)
            self.assertEqual("0/3, 0:01", screen.lines()[-1])
            screen.hang_up()
            self.look(follower, 2)
            follower.close()
            with contextlib.suppress(OSError):
                stream.close()

    def test_after_its_end_the_terminal_is_as_before(self):
        with terminal(60, 5) as screen, screen.open() as stream:
            follower = self.follow(stream)
            self.look(follower, 1)
            follower.close()
            self.look(follower, 2)
            stream.write("\n".join(f"line {n}" for n in range(5)))
            stream.flush()
            self.assertEqual([f"line {n}" for n in range(5)], screen.lines())
