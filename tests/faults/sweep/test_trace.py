"""What has to be the same in each run of an action, and what need not."""

import unittest

from harness.faults.sweep.points import REQUEST
from harness.faults.sweep.trace import Step, alike
from harness.faults.wire.message import Message


def query(text):
    return Step(REQUEST, 1, messages=[Message("Query", b"", text)])


class AlikeTest(unittest.TestCase):
    def test_literals_and_names_that_are_made_up_may_differ(self):
        for before, after in (
            ("insert into t values (1, 'it''s')", "insert into t values (22, 'you')"),
            ("release savepoint s140_x1", "release savepoint s139_x2"),
            ('declare "c_7fed7fe91190_9" cursor', 'declare "c_7fed8c2cecc0_a" cursor'),
        ):
            with self.subTest(before):
                self.assertTrue(alike(query(before), query(after)))

    def test_statements_may_not(self):
        self.assertFalse(alike(query("select 1"), query("select now()")))
        self.assertFalse(alike(query("delete from a"), query("delete from b")))


if __name__ == "__main__":
    unittest.main()
