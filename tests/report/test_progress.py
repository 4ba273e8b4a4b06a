"""What is said of how far a run is, in any width."""

import io
import unittest
import unittest.mock

from harness.report.display import display_on
from harness.report.lines import Lines
from harness.report.live import Live
from harness.report.progress import COMMA, Progress, Running, guessed, line_of
from tests.report.terminal import terminal

SLOW = "tests.test_shop.ShopTest.test_buying_takes_its_time"


def text_of(progress, width):
    return COMMA.join(part.text for part in line_of(progress, width))


def slow(name=SLOW, seconds=12.3, worker=2):
    return Running(name, worker, seconds)


class LineTest(unittest.TestCase):
    def setUp(self):
        names = [f"test_{n}" for n in range(99)] + [SLOW]
        self.progress = Progress(dict.fromkeys(names, 2.0), total=100, workers=2, seconds=61)
        for name in names[:40]:
            self.progress.finish(name, failed=False)

    def test_a_wide_line_says_all(self):
        self.progress.failed = 3
        self.progress.running = [slow(), slow("another", 6)]
        self.assertEqual(
            "40/100, 3 failed, 1:01, 0:59 left, "
            "tests.test_shop.ShopTest.test_buying_takes_its_time 12 s +1",
            text_of(self.progress, 120),
        )

    def test_a_narrow_line_says_what_matters_most_and_the_end_of_a_name(self):
        self.progress.failed = 3
        self.progress.running = [slow()]
        for width, expected in {
            80: "40/100, 3 failed, 1:01, 0:59 left, ...p.ShopTest.test_buying_takes_its_time 12 s",
            60: "40/100, 3 failed, 1:01, 0:59 left, ...ng_takes_its_time 12 s",
            50: "40/100, 3 failed, 0:59 left, ...akes_its_time 12 s",
            40: "40/100, 3 failed, ...takes_its_time 12 s",
            36: "40/100, 3 failed, 1:01, 0:59 left",
            20: "40/100, 3 failed",
            4: "40/1",
        }.items():
            with self.subTest(width):
                line = text_of(self.progress, width)
                self.assertLessEqual(len(line), width)
                self.assertEqual(expected, line)

    def test_a_line_fits_whatever_its_width(self):
        self.progress.running = [slow()]
        for width in range(1, 130):
            self.assertLessEqual(len(text_of(self.progress, width)), width)

    def test_a_test_is_named_only_once_it_takes_long(self):
        self.progress.running = [slow(seconds=4.9)]
        self.assertEqual("40/100, 1:01, 0:59 left", text_of(self.progress, 80))

    def test_time_left_is_not_guessed_without_history(self):
        self.assertEqual("0/40, 0:09", text_of(Progress(total=40, seconds=9), 80))
        self.assertEqual({}, guessed(["a", "b", "c"], {"a": 1.0}))

    def test_a_test_that_takes_longest_bounds_the_time_left(self):
        progress = Progress({"a": 100.0, "b": 1.0}, total=2, workers=2)
        progress.finish("b", failed=False)
        progress.running = [slow("a", 40)]
        self.assertEqual(60, progress.left())
        progress.running = [slow("a", 400)]
        self.assertEqual(0, progress.left())


class LinesTest(unittest.TestCase):
    def said(self, *moments, total=100):
        said = []
        lines = Lines(said.append)
        for seconds, done, *running in moments:
            lines.look(Progress(total=total, done=done, seconds=seconds, running=running))
        return said

    def test_a_quick_run_says_nothing(self):
        self.assertEqual([], self.said(*((n * 0.04, n) for n in range(101))))

    def test_each_tenth_of_a_long_run_has_a_line_and_no_more(self):
        said = self.said(*((n * 6, n) for n in range(101)))
        self.assertEqual(10, len([line for line in said if "0 of 100 tests" in line]))
        self.assertIn("10 of 100 tests after 1:00", said)

    def test_lines_are_apart(self):
        self.assertEqual(2, len(self.said(*((n * 0.1, n) for n in range(101)))))

    def test_a_silent_run_says_what_it_waits_for(self):
        said = self.said((29, 1), (31, 1, slow("a", 30)), (40, 1, slow("a", 39)), (62, 1, slow()))
        self.assertEqual(
            [
                "1 of 100 tests after 0:31, a for 30 s (worker 2)",
                f"1 of 100 tests after 1:02, {SLOW} for 12 s (worker 2)",
            ],
            said,
        )


class LiveTest(unittest.TestCase):
    def test_what_is_printed_meanwhile_is_whole_and_the_line_stays_at_the_bottom(self):
        for columns in 40, 60, 80:
            with self.subTest(columns), terminal(columns, 6) as screen, screen.open() as stream:
                stream.write("$ harness run\n")
                live, progress = Live(stream), Progress(total=30)
                for number in range(30):
                    progress.done, progress.seconds = number, number
                    live.look(progress)
                    stream.write(f"\x1b[31mtest {number} prints\x1b[0m")
                    stream.write("\n")
                    screen.read()
                self.assertEqual(
                    [*(f"test {n} prints" for n in (26, 27, 28, 29)), "", "29/30, 0:29"],
                    screen.lines(),
                )
                live.close()
                self.assertEqual(
                    ["$ harness run", *(f"test {n} prints" for n in range(30))], screen.printed()
                )

    def test_half_a_line_of_a_test_goes_on_where_it_was(self):
        with terminal(60, 6) as screen, screen.open() as stream:
            live = Live(stream)
            stream.write("one ")
            live.look(Progress(total=3))
            stream.write("and two")
            stream.flush()
            self.assertEqual("one and two", screen.lines()[0])
            self.assertEqual("0/3, 0:00", screen.lines()[-1])

    def test_the_line_moves_with_the_size_of_the_terminal(self):
        with terminal(60, 10) as screen, screen.open() as stream:
            live = Live(stream)
            stream.write("above\n")
            live.look(Progress(total=3))
            screen.read()
            screen.resize(50, 8)
            live.look(Progress(total=3, seconds=1))
            stream.write("\n".join(f"line {n}" for n in range(20)) + "\n")
            lines = [f"line {n}" for n in range(14, 20)]
            self.assertEqual([*lines, "", "0/3, 0:01"], screen.lines())

    def test_a_terminal_too_small_for_it_is_left_alone(self):
        with terminal(60, 3) as screen, screen.open() as stream:
            Live(stream).look(Progress(total=3))
            self.assertEqual(["", "", ""], screen.lines())

    def test_wide_letters_take_the_room_that_they_need(self):
        with terminal(40, 5) as screen, screen.open() as stream:
            live = Live(stream)
            live.look(Progress(total=3, running=[slow("試験." * 30)]))
            self.assertIn("試験", screen.lines()[-1])
            self.assertEqual(["", "", "", ""], screen.lines()[:-1])


class ChoiceTest(unittest.TestCase):
    def kind(self, stream, **environ):
        return type(display_on(stream, print, {"TERM": "xterm", **environ})).__name__

    def test_a_terminal_has_a_line_that_changes_and_nothing_else_has(self):
        with terminal() as screen, screen.open() as stream:
            self.assertEqual("Live", self.kind(stream))
            for environ in {"CI": "true"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}:
                self.assertEqual("Lines", self.kind(stream, **environ))
        self.assertEqual("Lines", self.kind(io.StringIO()))
        self.assertEqual("Lines", self.kind(stream))  # which is closed

    def test_without_rich_it_is_lines(self):
        with terminal() as screen, screen.open() as stream:
            modules = {"harness.report.live": None}
            with unittest.mock.patch.dict("sys.modules", modules):
                self.assertEqual("Lines", self.kind(stream))
