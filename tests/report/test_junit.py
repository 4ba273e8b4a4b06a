"""The JUnit file of a run: what is in it, and that the schema of its readers accepts it."""

import datetime
import functools
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import xmlschema

from harness.report.junit import About, write
from harness.report.platforms.gitlab import GitLab
from harness.runner.flakes.quarantine import Quarantined
from harness.runner.ledger import Attempt, Outcome, Times
from tests.report.ledgers import attempt, failed, ledger_of, nothing, rerun

SCHEMA = Path(__file__).with_name("junit.xsd")


@functools.cache
def schema():
    return xmlschema.XMLSchema(str(SCHEMA))


class JUnitTest(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "made", "report.xml")

    def written(self, ledger, **about):
        """Write a report; return its root, once the schema has accepted it."""
        write(self.path, ledger, About(**about))
        schema().validate(str(self.path))
        return ElementTree.parse(self.path).getroot()

    def case(self, attempts, **about):
        """Return the element of a test that was run like this."""
        root = self.written(ledger_of({"m.ATest": {"test_a": attempts}}), **about)
        return root.find("testsuite/testcase")

    def elements(self, case):
        return [child.tag for child in case]

    def test_each_kind_of_end_has_its_element(self):
        for kind, expected in {
            "passed": [],
            "expected failure": [],
            "skipped": ["skipped"],
            "failed": ["failure"],
            "unexpected success": ["failure"],
            "error": ["error"],
            "crashed": ["error"],
            "blocked": ["error"],
        }.items():
            with self.subTest(kind):
                case = self.case(attempt(kind, "why"))
                self.assertEqual(expected, self.elements(case))
                if expected not in ([], ["skipped"]):
                    self.assertEqual(kind, case[0].get("type"))
        self.assertEqual("why", self.case(attempt("skipped", "why"))[0].get("message"))

    def test_a_test_that_was_not_run_or_did_not_end_is_an_error(self):
        case = self.case(nothing())
        self.assertEqual(("not run", "not run"), (case[0].get("message"), case[0].get("type")))
        self.assertEqual(["error"], self.elements(self.case(Attempt(worker=1, began=1.0))))

    def test_the_message_is_the_first_line_of_the_reason_and_the_text_is_all(self):
        case = self.case(failed("AssertionError: one\n\n- two\nharness: repeat with: x"))
        self.assertEqual("AssertionError: one", case[0].get("message"))
        self.assertIn("- two\nharness: repeat with: x", case[0].text)

    def test_subtests_that_have_failed_are_one_failure(self):
        both = failed("AssertionError: 1")
        both.outcomes[:] = [
            Outcome("failed", both.outcomes[0].text, "m.ATest.test_a (n=1)"),
            Outcome("failed", both.outcomes[0].text, "m.ATest.test_a (n=2)"),
        ]
        case = self.case(both)
        self.assertEqual(["failure"], self.elements(case))
        self.assertEqual("m.ATest.test_a (n=1): AssertionError: 1", case[0].get("message"))
        self.assertIn("m.ATest.test_a (n=2)\nTraceback", case[0].text)

    def flaky(self):
        tries = [failed("AssertionError: 1", output="said\n"), attempt("error", "why"), attempt()]
        return ledger_of({"m.ATest": {"test_a": rerun(tries)}})

    def test_a_flaky_test_that_is_tolerated_passes_with_each_failure_within(self):
        ledger = self.flaky()
        ledger.tolerated = frozenset({"flaky"})
        case = self.written(ledger).find("testsuite/testcase")
        self.assertEqual(["flakyFailure", "flakyError"], self.elements(case))
        self.assertEqual("AssertionError: 1", case[0].get("message"))
        self.assertIn("Traceback", case[0].find("stackTrace").text)
        self.assertEqual("said", case[0].find("system-out").text)

    def test_a_flaky_test_that_makes_the_run_fail_has_failed(self):
        root = self.written(self.flaky())
        case = root.find("testsuite/testcase")
        self.assertEqual(["failure", "rerunError", "system-out"], self.elements(case))
        self.assertEqual(
            ("flaky", "AssertionError: 1"), (case[0].get("type"), case[0].get("message"))
        )
        self.assertEqual(("1", "0"), (root.get("failures"), root.get("errors")))

    def test_a_failure_in_quarantine_is_skipped_with_the_reason(self):
        ledger = self.flaky()
        apart = Quarantined("m.ATest.test_a", "payments", "SHOP-1", datetime.date(2026, 3, 10))
        ledger.set_apart({apart.test: apart})
        case = self.written(ledger).find("testsuite/testcase")
        self.assertEqual(["skipped", "system-out"], self.elements(case))
        reason = "in quarantine (payments, SHOP-1, until 2026-03-10): flaky"
        self.assertEqual(reason, case[0].get("message"))
        self.assertIn("AssertionError: 1", case[1].text)

    def test_a_test_that_fails_each_time_fails_once_and_tells_of_the_others(self):
        case = self.case(rerun([failed(), attempt("error", "why"), failed()]))
        self.assertEqual(["failure", "rerunError", "rerunFailure"], self.elements(case))

    def test_one_failure_of_many_rounds_is_a_failure(self):
        case = self.case([attempt(round=1), failed(round=2), attempt(round=3)])
        self.assertEqual(["failure"], self.elements(case))

    def test_numbers_add_up(self):
        tests = {"test_a": failed(), "test_b": attempt(), "test_c": attempt("skipped", "why")}
        ledger = ledger_of({"m.ATest": tests, "m.BTest": {"test_d": attempt("crashed")}})
        ledger.fixtures.append(("m.BTest", Outcome("error", "OSError: no", "setUpClass (m.BTest)")))
        root = self.written(ledger)
        self.assertEqual(
            {"tests": "5", "failures": "1", "errors": "2", "time": "2.4", "name": "harness"},
            root.attrib,
        )
        self.assertEqual("1", root.find("testsuite").get("skipped"))

    def test_a_fixture_that_has_failed_is_a_case_of_its_own(self):
        ledger = ledger_of({"m.ATest": {"test_a": attempt("blocked", times=None)}})
        ledger.fixtures.append(("m.ATest", Outcome("error", "OSError: no", "setUpClass (m.ATest)")))
        first, second = self.written(ledger).findall("testsuite/testcase")
        self.assertEqual("setUpClass (m.ATest)", first.get("name"))
        self.assertEqual("m.ATest", first.get("classname"))
        self.assertEqual("OSError: no", first.find("error").get("message"))
        self.assertEqual("blocked", second.find("error").get("type"))

    def test_so_is_a_failure_of_a_test_that_nobody_knows(self):
        ledger = ledger_of({"m.ATest": {"test_a": attempt()}})
        ledger.fixtures.append(("m.ATest", Outcome("failed", "ValueError: no", "test_copy")))
        first, _ = self.written(ledger).findall("testsuite/testcase")
        self.assertEqual("test_copy", first.get("name"))
        self.assertEqual("ValueError: no", first.find("failure").get("message"))

    def test_a_suite_tells_when_and_where_and_how_long(self):
        ledger = ledger_of({"m.ATest": {"test_a": attempt(), "test_b": nothing()}}, m_ATest=2.5)
        ledger.entries["m.ATest.test_a"].tier = "integration"
        suite = self.written(
            ledger, properties={"seed": "7"}, file_of=lambda unit: f"{unit}.py"
        ).find("testsuite")
        self.assertEqual("2023-11-14T22:13:20+00:00", suite.get("timestamp"))
        self.assertTrue(suite.get("hostname"))
        self.assertEqual("m.ATest.py", suite.get("file"))
        properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
        self.assertEqual(
            {
                "seed": "7",
                "fixtures": "2.500",
                "times of test_a": "setup 0.100, body 0.200, release 0.300",
            },
            properties,
        )
        case = suite.find("testcase")
        self.assertEqual("integration", case.get("group"))
        self.assertEqual("0.6", case.get("time"))

    def test_times_are_no_powers_of_ten(self):
        case = self.case(attempt(times=Times(0, 0.00001, 0)))
        self.assertEqual("0.0", case.get("time"))

    def test_files_that_are_kept_are_named_as_their_reader_knows_them(self):
        said = failed(output="said\n", files=("/srv/kept/a/output.txt", "/srv/kept/a/b.log"))
        text = self.case(said, path_of=GitLab("/srv").path_of).find("system-out").text
        self.assertEqual(
            "said\n[[ATTACHMENT|kept/a/output.txt]]\n[[ATTACHMENT|kept/a/b.log]]", text
        )
        text = self.case(said).find("system-out").text
        self.assertIn("[[ATTACHMENT|/srv/kept/a/output.txt]]", text)

    def test_what_xml_cannot_hold_is_written_so_that_it_can_be_read(self):
        text = "\x00 \x1b[31m \ud800 \ufffe ☃ \r\n ]]> <&>"
        ledger = ledger_of(
            {"m.\x01Test": {"test_\x02": failed(f"ValueError: {text}", output=text)}}
        )
        case = self.written(ledger, properties={"\x03": "\x04"}).find("testsuite/testcase")
        self.assertEqual("test_\\x02", case.get("name"))
        expected = "\\x00 \\x1b[31m \\xd800 \\xfffe ☃ \n ]]> <&>"
        self.assertTrue(case[0].text.endswith(f"ValueError: {expected}\n"), case[0].text)
        self.assertEqual(expected, case[1].text)

    def test_a_directory_may_have_any_name(self):
        ledger = ledger_of({"m.ATest": {"test_a": attempt("failed", "why")}})
        root = self.written(ledger, file_of=lambda unit: "t\udcff/m.py")

        self.assertEqual("t\\xdcff/m.py", root.find("testsuite").get("file"))

    def test_an_empty_run_is_a_report_too(self):
        self.assertEqual("0", self.written(ledger_of({})).get("tests"))

    def test_the_schema_refuses_what_its_readers_do(self):
        for wrong in (
            '<testsuite name="a" tests="0" failures="0" errors="0" time="1e-05"/>',
            '<testsuite name="a" tests="0" failures="0"/>',
            '<testsuite name="a" tests="1" failures="0" errors="0"><testcase name="b">'
            "<properties/></testcase></testsuite>",
            '<testsuite name="a" tests="1" failures="0" errors="0"><testcase name="b">'
            '<flakyFailure message="c"/></testcase></testsuite>',
        ):
            with self.subTest(wrong):
                self.assertFalse(schema().is_valid(f"<testsuites>{wrong}</testsuites>"))
