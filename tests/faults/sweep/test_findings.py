"""What a sweep says of what it has found."""

import unittest

from harness.faults.sweep.findings import Finding, report
from harness.faults.sweep.points import Point
from harness.faults.sweep.trace import Step
from harness.faults.wire.message import Message

NAMES = ["begin", "update a", "update b", "commit", *[f"select {n}" for n in range(20)]]
TURNS = [Step("request", n, messages=[Message("Query", b"", name)]) for n, name in enumerate(NAMES)]
TRACE = [step for turn in TURNS for step in (turn, Step("response", turn.index, of=turn))]


def found(number, side, index, text="200 != 190", outcome="the action succeeded"):
    step = TURNS[index]
    return Finding(number, Point(1, index, side), step, outcome, AssertionError(text))


class ReportTest(unittest.TestCase):
    maxDiff = None

    def test_neighbours_that_say_the_same_are_one_finding(self):
        findings = [found(3, "response", 1), found(4, "request", 2), found(7, "response", 3, "x")]
        self.assertEqual(
            "the check fails at 3 of 9 losses on Postgres()\n"
            "\n"
            "lost: response of turn 1 'update a', connection 1\n"
            "  to: request of turn 2 'update b', connection 1, 2 losses in a row\n"
            "then the action succeeded, and the check says\n"
            "    200 != 190\n"
            'repeat with only="1:1:response"\n'
            "\n"
            "lost: response of turn 3 'commit', connection 1\n"
            "then the action succeeded, and the check says\n"
            "    x\n"
            'repeat with only="1:3:response"\n'
            "\n"
            "the clean run, connection 1, by turn:\n"
            "    0 'begin'\n"
            "    1 'update a'  <- response lost\n"
            "    2 'update b'  <- request lost\n"
            "    3 'commit'  <- response lost\n"
            "    4 'select 0'\n"
            "    5 'select 1'\n"
            "  ...\n"
            "   23 'select 19'",
            report(findings, 9, "turn", [TRACE], "Postgres()"),
        )

    def test_another_outcome_is_another_finding(self):
        findings = [
            found(3, "response", 1),
            found(4, "request", 2, outcome="the action raised OSError"),
        ]
        text = report(findings, 9, "turn", [TRACE], "Postgres()")
        self.assertEqual(2, text.count("repeat with"))

    def test_answers_that_are_numbered_by_themselves_have_lines_of_their_own(self):
        steps = (
            ("request", 1, "Parse"),
            *(("request", 2, "Sync"), ("response", 1, "ParseComplete")),
            *(("response", 2, "ReadyForQuery"), ("request", 3, "Terminate")),
        )
        trace = [Step(side, n, messages=[Message(kind, b"")]) for side, n, kind in steps]
        finding = Finding(3, Point(1, 2, "response"), trace[3], "", AssertionError("no"))
        self.assertIn(
            "the clean run, connection 1, by message:\n"
            "    1 Parse\n"
            "    2 Sync\n"
            "      1 ParseComplete\n"
            "      2 ReadyForQuery  <- response lost\n"
            "    3 Terminate",
            report([finding], 9, "message", [trace], "Postgres()"),
        )

    def test_a_greeting_is_a_turn_without_a_question(self):
        trace = [Step("response", 0, size=11), *TRACE[2:4]]
        finding = Finding(0, Point(1, 0, "response"), trace[0], "", AssertionError("no"))
        text = report([finding], 3, "turn", [trace], "Process()")
        self.assertIn("lost: response of turn 0 of 11 bytes, connection 1\n", text)
        self.assertIn("      0 of 11 bytes  <- response lost\n    1 'update a'", text)
