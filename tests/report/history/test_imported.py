"""JUnit files of other runners, and the runs of other histories."""

import os
import resource
import threading

from harness.errors import HistoryError
from harness.report.history import reader
from harness.report.history.file import History
from harness.report.history.imported import read
from harness.report.history.queries import durations, last_failed
from tests.cli.test_main import CommandTest
from tests.report.history import files
from tests.support.told import told

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1"
 tests="4" time="1.250" timestamp="2026-11-20T10:00:00.000000+01:00" hostname="box">
<testcase classname="tests.test_a.TestA" name="test_one[x-1]" time="0.500" />
<testcase classname="tests.test_a.TestA" name="test_two" time="0.250">
<failure message="assert 1 == 2">def test_two():
&gt; assert 1 == 2</failure></testcase>
<testcase classname="tests.test_a" name="test_three" time="0.000">
<skipped type="pytest.skip" message="no Docker">tests/test_a.py:3: no Docker</skipped></testcase>
<testcase classname="tests.test_a" name="test_four" time="0.1"><error message="failed on setup">
E   OSError</error></testcase>
</testsuite></testsuites>
"""
SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0"
 name="com.example.ShopTest" time="1,204.5" tests="3" errors="0" skipped="0" failures="1">
<properties><property name="java.version" value="21"/></properties>
<testcase name="pays" classname="com.example.ShopTest" time="1,200.25"/>
<testcase name="steadies" classname="com.example.ShopTest" time="0.2">
<flakyFailure message="first" type="java.lang.AssertionError"><stackTrace>at one</stackTrace>
<system-out>out</system-out></flakyFailure>
<flakyError message="second" type="java.io.IOException"><stackTrace>at two</stackTrace></flakyError>
</testcase>
<testcase name="breaks" classname="com.example.ShopTest" time="0.3">
<failure message="no" type="java.lang.AssertionError"><![CDATA[at three]]></failure>
<rerunFailure message="still no" type="java.lang.AssertionError"><stackTrace>at four</stackTrace>
</rerunFailure></testcase>
</testsuite>
"""
GOTESTSUM = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="2.000000">
<testsuite tests="3" failures="1" time="1.500000" name="example.com/shop"
 timestamp="2026-11-20T09:00:00Z">
<properties><property name="go.version" value="go1.24"></property></properties>
<testcase classname="example.com/shop" name="TestPay/by_card" time="1.000000">
<failure message="Failed" type="">=== RUN   TestPay/by_card
</failure></testcase>
<testcase classname="example.com/shop" name="TestRefund" time="0.000000"></testcase>
<testcase classname="example.com/shop" name="TestPay/by_card" time="0.500000"></testcase>
</testsuite></testsuites>
"""
XMLRUNNER = """<?xml version="1.0" ?>
<testsuite name="tests.test_a.ATest-20261120090000" tests="2" file="tests/test_a.py" time="0.010"
 timestamp="2026-11-20T09:00:00" failures="0" errors="0" skipped="1">
<testcase classname="tests.test_a.ATest" name="test_a" time="0.010"
 timestamp="2026-11-20T09:00:00" file="tests/test_a.py" line="4"/>
<testcase classname="tests.test_a.ATest" name="test_b" time="0.000"><skipped type="skip"
 message="not today"/></testcase>
<system-out><![CDATA[]]></system-out></testsuite>
"""
SUBTESTS = """<testsuite name="tests.test_a.ATest-20261120090000">
<testcase classname="tests.test_a.ATest" name="test_a (number=1)" time="0.1">
<failure message="1 == 1"/></testcase>
<testcase classname="tests.test_a.ATest" name="test_a [why] (number=2)" time="0.1">
<error message="OSError"/></testcase></testsuite>
"""
BARE = """<testsuites><testsuite><testsuite name="inner"><testcase name="a"/></testsuite>
<testcase name="b" time="soon"/><testcase name="c" time="NaN"/><testcase/></testsuite></testsuites>
"""

NESTED = """<testsuites><testsuite name="outer"><testsuite name="inner"
 timestamp="2026-11-20T09:00:00Z" time="1.5"><testcase name="a" time="1"/></testsuite>
<testsuite name="other"><testcase name="b" time="0.25"/></testsuite></testsuite></testsuites>
"""
NODE = """<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testcase name="pays" time="0.5" classname="test"/>
  <testsuite name="refund" time="0.25" tests="1">
    <testcase name="breaks" time="0.2" classname="test"><failure message="no"/></testcase>
  </testsuite>
</testsuites>
"""


class ImportTest(CommandTest):
    def read(self, text):
        """Return the facts of a file's run, and {name: what it came to}."""
        facts, self.ledger = read(self.write("report.xml", text))
        return facts, {name: entry.kind for name, entry in self.ledger.entries.items()}

    def attempts(self, name):
        """Return what became of each time of a test, with the first line of what is said."""
        return [
            (each.kind, each.outcomes[0].text.partition("\n")[0], each.times and each.seconds)
            for each in self.ledger.entries[name].attempts
        ]

    def test_a_file_of_pytest(self):
        facts, kinds = self.read(PYTEST)

        self.assertEqual(
            {
                "tests.test_a.TestA.test_one[x-1]": "passed",
                "tests.test_a.TestA.test_two": "failed",
                "tests.test_a.test_three": "skipped",
                "tests.test_a.test_four": "error",
            },
            kinds,
        )
        self.assertEqual(("pytest", 1.25, 1795165200.0), (facts.source, facts.seconds, facts.began))
        self.assertEqual(
            [("failed", "def test_two():", 0.25)], self.attempts("tests.test_a.TestA.test_two")
        )
        self.assertEqual("tests.test_a.TestA", self.ledger.numbered[0].unit)

    def test_a_file_of_surefire_tells_each_time_of_a_test_that_was_run_again(self):
        facts, kinds = self.read(SUREFIRE)

        self.assertEqual(
            {"pays": "passed", "steadies": "flaky", "breaks": "failed"},
            {name.removeprefix("com.example.ShopTest."): kind for name, kind in kinds.items()},
        )
        self.assertEqual(1204.5, facts.seconds)
        self.assertEqual(
            [("failed", "at one", None), ("error", "at two", None), ("passed", "", 0.2)],
            self.attempts("com.example.ShopTest.steadies"),
        )
        self.assertEqual(
            [("failed", "at three", 0.3), ("failed", "at four", None)],
            self.attempts("com.example.ShopTest.breaks"),
        )
        self.assertEqual([("passed", "", 1200.25)], self.attempts("com.example.ShopTest.pays"))

    def test_a_file_of_gotestsum_tells_a_test_twice_that_was_run_again(self):
        facts, kinds = self.read(GOTESTSUM)

        self.assertEqual(
            {"example.com/shop.TestPay/by_card": "flaky", "example.com/shop.TestRefund": "passed"},
            kinds,
        )
        self.assertEqual((2.0, 1795165200.0), (facts.seconds, facts.began))
        self.assertEqual([("passed", "", 0.0)], self.attempts("example.com/shop.TestRefund"))

    def test_a_file_of_unittest_xml_reporting_names_tests_as_unittest_does(self):
        facts, kinds = self.read(XMLRUNNER)

        self.assertEqual(
            {"tests.test_a.ATest.test_a": "passed", "tests.test_a.ATest.test_b": "skipped"}, kinds
        )
        self.assertEqual(
            [("skipped", "not today", 0.0)], self.attempts("tests.test_a.ATest.test_b")
        )
        self.assertEqual(1795165200.0, facts.began)

    def test_subtests_are_parts_of_their_test_and_no_other_times_of_it(self):
        _, kinds = self.read(SUBTESTS)

        self.assertEqual({"tests.test_a.ATest.test_a": "error"}, kinds)
        (attempt,) = self.ledger.numbered[0].attempts
        self.assertEqual(
            [("failed", "(number=1)"), ("error", "[why] (number=2)")],
            [(outcome.kind, outcome.part) for outcome in attempt.outcomes],
        )

    def test_what_a_file_does_not_tell_is_not_made_up(self):
        facts, kinds = self.read(BARE)

        self.assertEqual(
            dict.fromkeys(["report.b", "report.c", "report", "inner.a"], "passed"), kinds
        )
        self.assertEqual([("passed", "", None)], self.attempts("report.c"))
        self.assertEqual([("passed", "", None)], self.attempts("report.b"))
        self.assertEqual((0.0, None, None), (facts.seconds, facts.exit_code, facts.revision))
        path = self.directory / "report.xml"
        self.assertEqual(path.stat().st_mtime, facts.began)

    def test_suites_in_suites_tell_when_and_how_long_where_the_outer_one_does_not(self):
        facts, _ = self.read(NESTED)

        self.assertEqual((1.75, 1795165200.0), (facts.seconds, facts.began))

    def test_a_file_of_node_has_tests_outside_of_suites(self):
        facts, kinds = self.read(NODE)

        self.assertEqual({"test.pays": "passed", "test.breaks": "failed"}, kinds)
        self.assertEqual(0.75, facts.seconds)

    def test_times_and_moments_that_cannot_be_are_not_known(self):
        path = self.directory / "report.xml"
        # .NET writes the first moment there is, in any zone, where it knows none
        for moment in "0001-01-01T00:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59-02:00":
            for time in "-0.5", "1e308":
                with self.subTest(moment=moment, time=time):
                    facts, _ = self.read(
                        f'<testsuite timestamp="{moment}" time="{time}">'
                        f'<testcase name="a" time="{time}"/></testsuite>'
                    )
                    self.assertEqual((0.0, path.stat().st_mtime), (facts.seconds, facts.began))
                    self.assertEqual([("passed", "", None)], self.attempts("report.a"))

    def test_what_is_no_junit_file_is_told(self):
        encoding = '<?xml version="1.0" encoding="x-unknown"?><testsuite/>'
        for text in "", "<html/>", "<testsuites><testsuite>", "\x00", encoding:
            with self.subTest(text), self.assertRaises(HistoryError) as caught:
                self.read(text)
            self.assertIn(
                f"{self.directory / 'report.xml'} is no JUnit file that can be read: ",
                str(caught.exception),
            )


class CommandsTest(CommandTest):
    def say(self, *arguments, code=0):
        done = self.run_command("history", *arguments)
        self.assertEqual(code, done.exit_code, done.output)
        return done.output

    def test_a_file_is_imported_once_into_the_history_of_the_project(self):
        self.write("report.xml", XMLRUNNER)

        said = self.say("import", "report.xml", "--commit", "1f2e")
        again = self.say("import", "report.xml")
        self.assertEqual("report.xml: 2 tests\n", said)
        self.assertEqual("report.xml: nothing that is not there already\n", again)
        path = self.directory / ".harness" / "history.sqlite"
        with History(path) as history:
            (run,) = reader.runs(history)
            self.assertEqual({"tests.test_a.ATest.test_a": 0.01}, durations(history))
        self.assertEqual("1f2e", run.facts.revision)
        self.assertIn("*", (path.parent / ".gitignore").read_text().splitlines())

    def test_files_that_can_be_read_only_once_are_told_apart(self):
        for text, tests in (PYTEST, 4), (XMLRUNNER, 2):
            pipe = self.directory / "report.xml"
            os.mkfifo(pipe)
            writer = threading.Thread(target=pipe.write_text, args=(text,))
            writer.start()
            self.assertEqual(f"report.xml: {tests} tests\n", self.say("import", "report.xml"))
            writer.join()
            pipe.unlink()

    def test_our_own_file_comes_back_as_it_was(self):
        from harness.report.junit import About, write

        names = {"t.ATest.test_a": "failed", "t.ATest.test_b": "passed", "t.BTest.test": "skipped"}
        write(self.directory / "report.xml", files.ledger(names), About())
        self.say("import", "report.xml", "--history", "h.sqlite")

        with History(self.directory / "h.sqlite") as history:
            ledger = reader.ledger_of(history, 1)
            self.assertEqual({"t.ATest.test_a"}, last_failed(history))
        self.assertEqual(names, {name: entry.kind for name, entry in ledger.entries.items()})

    def test_runs_of_other_histories_are_copied_once(self):
        names = ["t.ATest.test_a", "t.ATest.test_b"]
        files.add("one.sqlite", {names[0]: "passed"}, names=names, shard=(1, 2))
        files.add("one.sqlite", {names[0]: "failed"}, began=1.0)
        files.add("two.sqlite", {names[1]: "failed"}, {"t.ATest": 2.0})

        arguments = ["merge", "one.sqlite", "two.sqlite", "--history", "all.sqlite"]
        self.assertEqual("one.sqlite: 2 runs\ntwo.sqlite: 1 run\n", self.say(*arguments))
        self.assertEqual(2, self.say(*arguments).count("nothing that is not there already"))
        with History(self.directory / "all.sqlite") as history:
            self.assertEqual(3, len(reader.runs(history)))
            self.assertEqual({names[1]}, last_failed(history))
            (shard,) = (run for run in reader.runs(history) if run.facts.shard)
            self.assertEqual(names, reader.discovered(history, shard.id))

    def test_a_run_that_was_copied_before_it_had_ended_is_copied_again(self):
        names = ["t.ATest.test_a", "t.ATest.test_b"]
        run = {"uuid": "1", "exit_code": None, "seconds": None}
        files.add("one.sqlite", {names[0]: "passed"}, **run)
        arguments = ["merge", "one.sqlite", "--history", "all.sqlite"]
        self.assertEqual("one.sqlite: 1 run\n", self.say(*arguments))
        self.assertEqual(1, self.say(*arguments).count("nothing that is not there already"))

        os.unlink("one.sqlite")
        tests = dict.fromkeys(names, "failed")
        files.add("one.sqlite", tests, {"t.ATest": 1.0}, uuid="1", exit_code=1)
        self.assertEqual("one.sqlite: 1 run\n", self.say(*arguments))
        with History(self.directory / "all.sqlite") as history:
            (found,) = reader.runs(history)
            ledger = reader.ledger_of(history, found.id)
            self.assertEqual(set(names), last_failed(history))
        self.assertEqual(1, found.facts.exit_code)
        self.assertEqual((names, [1.0]), (list(ledger.entries), ledger.units["t.ATest"].fixtures))

        self.assertEqual(1, self.say(*arguments).count("nothing that is not there already"))
        files.add("two.sqlite", {names[0]: "passed"}, **run)
        self.say("merge", "two.sqlite", "--history", "all.sqlite")
        with History(self.directory / "all.sqlite") as history:
            self.assertEqual(set(names), last_failed(history))

    def test_old_runs_are_removed_with_the_tests_that_are_only_in_these(self):
        names = ["t.ATest.test_a", "t.ATest.test_gone"]
        for began in 1.0, 2.0, 3.0:
            tests = {names[0]: "failed", **({names[1]: "failed"} if began < 3 else {})}
            files.add("h.sqlite", tests, {"t.ATest": 1.0}, names, began=began, shard=(1, 1))
        size = (self.directory / "h.sqlite").stat().st_size

        arguments = ["prune", "--keep", "1", "--history", "h.sqlite"]
        self.assertEqual("h.sqlite: 2 runs removed\n", self.say(*arguments))
        self.assertEqual("h.sqlite: 0 runs removed\n", self.say(*arguments))
        with History(self.directory / "h.sqlite") as history:
            (run,) = reader.runs(history)
            self.assertEqual(3.0, run.facts.began)
            self.assertEqual({names[0]}, last_failed(history))
            self.assertEqual(names, reader.discovered(history, run.id))
            self.assertEqual([1.0], reader.ledger_of(history, run.id).units["t.ATest"].fixtures)
            for table in "attempt", "outcome", "fixture", "discovered", "test":
                self.assertEqual([(1,)], history.rows(f"select count(*) from {table}"), table)
        self.assertLessEqual((self.directory / "h.sqlite").stat().st_size, size)
        files.add("h.sqlite", {names[0]: "passed"}, began=4.0)
        with History(self.directory / "h.sqlite") as history:
            self.assertEqual(set(), last_failed(history))

    def test_runs_are_removed_even_where_there_is_no_room_to_make_the_file_smaller(self):
        for began in 1.0, 2.0, 3.0, 4.0:
            text = "x" * 60_000
            test = files.entry("t.ATest.test_a", files.attempt("failed", text=text))
            files.add("h.sqlite", [test], began=began)
        size = os.path.getsize("h.sqlite")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # the others take more

        arguments = ["prune", "--keep", "3", "--history", "h.sqlite"]
        with told() as said:
            self.assertEqual("h.sqlite: 1 run removed\n", self.say(*arguments))
        self.assertIn("h.sqlite takes the same room on the disk as before: ", said.getvalue())
        with History(self.directory / "h.sqlite") as history:
            self.assertEqual(3, len(reader.runs(history)))

        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual("h.sqlite: 0 runs removed\n", self.say(*arguments))
        self.assertLess(os.path.getsize("h.sqlite"), size)

    def test_more_runs_may_be_kept_than_a_database_can_number(self):
        files.add("h.sqlite", {"t.ATest.test_a": "passed"})

        said = self.say("prune", "--keep", str(2**64), "--history", "h.sqlite")
        self.assertEqual("h.sqlite: 0 runs removed\n", said)

    def test_a_file_that_cannot_be_read_ends_it_with_2(self):
        self.write("report.xml", "<html/>")
        for arguments in ("import", "report.xml"), ("merge", "report.xml"):
            done = self.run_command("history", *arguments)
            self.assertEqual(2, done.exit_code)
            self.assertRegex(done.stderr, "(?m)^harness: ")
