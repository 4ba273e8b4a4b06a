"""Which points a sweep tries, and when a run is another one than the clean one."""

import unittest

from harness.errors import FaultError
from harness.faults.sweep.points import SIDES, Point, chosen, parse
from harness.faults.sweep.trace import Step, difference, points_of
from harness.faults.wire.message import Message


def query(index, text, side="request"):
    return Step(side, index, messages=[Message("Query", b"", text)])


TRACES = [[query(1, "begin"), Step("response", 1), query(2, "commit")], [query(1, "select 1")]]
POINTS = points_of(TRACES)


class PointsTest(unittest.TestCase):
    def test_they_come_connection_by_connection_in_the_order_of_what_was_said(self):
        self.assertEqual(
            ["1:1:request", "1:1:response", "1:2:request", "2:1:request"], list(map(str, POINTS))
        )

    def test_one_is_read_as_it_is_written(self):
        self.assertEqual(POINTS, [parse(str(point)) for point in POINTS])

    def test_what_names_none_is_an_error(self):
        for text in "", "1:9", "1:x:request", "1:9:answer", 7:
            with self.subTest(text), self.assertRaises(FaultError) as raised:
                parse(text)
            self.assertEqual(
                f"only={text!r} names no point\n"
                "  next: write connection, number and side as a failed sweep prints them: "
                'only="1:9:response"',
                str(raised.exception),
            )

    def test_one_side_can_be_chosen_and_single_points(self):
        self.assertEqual([Point(1, 1, "response")], chosen(POINTS, ["response"], [], None))
        self.assertEqual([POINTS[2]], chosen(POINTS, SIDES, [POINTS[2]], None))

    def test_a_point_that_is_not_there_is_an_error(self):
        with self.assertRaises(FaultError) as raised:
            chosen(POINTS, SIDES, [Point(1, 7, "request")], None)
        self.assertEqual(
            'only="1:7:request": the action has no such point\n'
            "  likely cause: it has 4, from 1:1:request to 2:1:request\n"
            "  next: leave `only` out, to see which there are",
            str(raised.exception),
        )

    def test_fewer_are_spread_evenly(self):
        self.assertEqual([POINTS[0], POINTS[2]], chosen(POINTS, SIDES, [], 2))
        self.assertEqual(POINTS, chosen(POINTS, SIDES, [], 9))


class DifferenceTest(unittest.TestCase):
    def differs(self, found, point):
        return difference(TRACES, found, point)

    def test_the_same_up_to_the_cut_is_no_difference(self):
        self.assertIsNone(self.differs([TRACES[0]], Point(1, 2, "request")))
        self.assertIsNone(self.differs([TRACES[0][:1]], Point(1, 1, "request")))

    def test_literals_may_differ(self):
        clean = [[query(1, "insert into t values (17, 'it''s', 'a')")]]
        found = [[query(1, "insert into t values (4, 'b', '')")]]
        self.assertIsNone(difference(clean, found, Point(1, 1, "request")))

    def test_another_statement_is_named(self):
        found = [[query(1, "begin"), Step("response", 1), query(2, "rollback")]]
        self.assertEqual(
            "request 2 was Query 'commit', now Query 'rollback'",
            self.differs(found, Point(1, 2, "request")),
        )

    def test_a_point_that_did_not_come_is_named(self):
        self.assertEqual(
            "request 2 of connection 1 did not come: there were 1 in this run, and 2 before",
            self.differs([TRACES[0][:2]], Point(1, 2, "request")),
        )

    def test_a_connection_that_did_not_come_is_named(self):
        self.assertEqual(
            "request 1 of connection 2 did not come: there were 0 in this run, and 1 before",
            self.differs([TRACES[0]], Point(2, 1, "request")),
        )
