"""PostgreSQL's errors by name and by SQLSTATE."""

import unittest

from harness.errors import FaultError
from harness.services.postgres.sqlstates import conditions, name_of, sqlstate_of

TWICE = ("modifying_sql_data_not_permitted", "prohibited_sql_statement_attempted")
TWICE += ("reading_sql_data_not_permitted", "null_value_not_allowed")  # of two codes each
TWICE += ("string_data_right_truncation",)


class SqlstateTest(unittest.TestCase):
    def refused(self, error):
        with self.assertRaises(FaultError) as raised:
            sqlstate_of(error)
        return str(raised.exception)

    def test_a_name_stands_for_its_code(self):
        known = {
            "serialization_failure": "40001",
            "Disk_Full": "53100",
            "unique_violation": "23505",
        }
        self.assertEqual([*known.values()], [sqlstate_of(name) for name in known])
        self.assertEqual("deadlock_detected", name_of("40P01"))

    def test_a_code_need_not_be_known(self):
        self.assertEqual("ZZ001", sqlstate_of("ZZ001"))
        self.assertEqual("ZZ001", name_of("ZZ001"))

    def test_psycopg_knows_the_same_names(self):
        import psycopg.errors

        for name, code in conditions().items():
            named = "".join(word.capitalize() for word in name.split("_"))
            known = getattr(getattr(psycopg.errors, named, None), "sqlstate", None)
            if known is not None and name not in TWICE:
                self.assertEqual(known, code, name)

    def test_a_name_that_is_unknown_says_the_nearest(self):
        self.assertEqual(
            "fail_next('serialisation_failure'): PostgreSQL knows no such error\n"
            "  next: did you mean serialization_failure?",
            self.refused("serialisation_failure"),
        )
        self.assertIn("did you mean connection_lost?", self.refused("connection_loss"))
        self.assertIn("list of error codes", self.refused("xyzzy"))

    def test_a_code_that_is_none_says_how_one_looks(self):
        self.assertEqual(
            "fail_next('4001'): no SQLSTATE\n"
            "  likely cause: one has five characters, digits and capital letters\n"
            '  next: write it as in "40001", or PostgreSQL\'s name for it',
            self.refused("4001"),
        )
        self.assertIn("no SQLSTATE", self.refused("40p01"))

    def test_what_is_no_error_or_ends_the_session_is_refused(self):
        self.assertIn("the class 01 is no error", self.refused("01000"))
        for error in ("admin_shutdown", "08006", "idle_session_timeout"):
            self.assertIn('write fail_next("connection_lost")', self.refused(error))
