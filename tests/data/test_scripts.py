"""Scripts: read statement by statement, with the data of COPY; what a failure says."""

from harness.data.scripts import Reader, file_script, run, shortened
from harness.data.target import Refusal
from harness.errors import MigrationError
from tests.support.unit import DirectoryTest


class Recorder:
    """A target that notes what it is told, and fails where it is told to."""

    name, secrets = "t", ()

    def __init__(self, failing_at=None, line=0):
        self.done, self.data = [], []
        self.failing_at, self.line = failing_at, line
        self.renewed = True

    def execute(self, sql, data=None):
        self.done.append(sql)
        if data is not None:
            self.data.append(b"".join(data))
        if self.failing_at is not None and self.failing_at in sql:
            raise ValueError("no such thing")

    def renew(self):
        return self.renewed

    def refusal(self, error):
        return Refusal(f"the server said: {error}", line=self.line)


class ScriptTest(DirectoryTest):
    def run_script(self, script, target=None):
        target = target or Recorder()
        run(file_script(self.write("1_a.sql", script)), target)
        return target

    def failure(self, script, failing_at, line=0):
        with self.assertRaises(MigrationError) as caught:
            self.run_script(script, Recorder(failing_at, line))
        return caught.exception


class RunTest(ScriptTest):
    def test_each_statement_runs_on_its_own(self):
        self.assertEqual(
            ["create table a ()", "select 1"], self.run_script("create table a (); select 1").done
        )

    def test_a_byte_order_mark_is_none_of_a_statement(self):
        self.assertEqual(["select 1"], self.run_script("\ufeffselect 1;").done)

    def test_a_failure_says_file_line_statement_and_message(self):
        error = self.failure("select 1;\n\nselect\n  bad;\nselect 3", "bad")

        self.assertEqual(
            f"{self.directory / '1_a.sql'}, line 3: the server said: no such thing\n"
            "    select\n"
            "      bad\n"
            "  next: mend the statement and run the tests again; "
            "the unfinished database was removed",
            str(error),
        )
        self.assertIsInstance(error.__cause__, ValueError)

    def test_nothing_runs_after_a_failure(self):
        target = Recorder("select 1")

        with self.assertRaises(MigrationError):
            self.run_script("select 1; select 2", target)

        self.assertEqual(["select 1"], target.done)

    def test_a_transaction_that_is_left_open_is_an_error(self):
        target = Recorder()
        target.renewed = False

        with self.assertRaisesRegex(MigrationError, "1_a.sql leaves a transaction open"):
            self.run_script("begin", target)

    def test_what_only_psql_can_do_says_so(self):
        self.assertIn("psql's own", self.failure("\\connect shop", "connect").hint)

    def test_a_file_in_another_encoding_is_an_error(self):
        path = self.write("a.sql")
        path.write_bytes(b"select 'caf\xe9'")

        with self.assertRaisesRegex(MigrationError, "cannot be read: 'utf-8' codec"):
            run(file_script(path), Recorder())

    def test_a_missing_file_is_an_error(self):
        with self.assertRaisesRegex(MigrationError, "cannot be read: .*No such file"):
            run(file_script(self.directory / "a.sql"), Recorder())

    def test_a_long_statement_is_cut(self):
        lines = [str(n) for n in range(20)]

        self.assertEqual([*lines[:12], "..."], shortened("\n".join(lines)).splitlines())
        self.assertEqual("\n".join(lines[:12]), shortened("\n".join(lines[:12])))


class CopyTest(ScriptTest):
    DUMP = (
        "\\restrict x1Y\ncreate table a (b text);\n"
        "COPY public.a (b)\nFROM stdin;\n1;\n--\n\\.\nselect 2;\ncopy a from STDIN with csv;\n"
        "x\n\\.\n\\unrestrict x1Y\n"
    )

    def test_the_data_of_a_copy_is_no_statement(self):
        target = self.run_script(self.DUMP)

        self.assertEqual(
            [
                "create table a (b text)",
                "COPY public.a (b)\nFROM stdin",
                "select 2",
                "copy a from STDIN with csv",
            ],
            target.done,
        )
        self.assertEqual([b"1;\n--\n", b"x\n"], target.data)

    def test_lines_are_counted_past_the_data(self):
        self.assertIn("line 8: the server", str(self.failure(self.DUMP, "select 2")))

    def test_a_bad_value_has_the_line_of_the_data(self):
        self.assertIn("1_a.sql, line 6: the server", str(self.failure(self.DUMP, "COPY", 2)))

    def test_words_like_a_copy_in_a_text_are_none(self):
        target = self.run_script("select 'copy a from stdin;\n1\n\\.\n'; select 2")

        self.assertEqual(2, len(target.done))
        self.assertEqual([], target.data)

    def test_long_data_comes_in_pieces(self):
        rows = "x" * 99 + "\n"
        path = self.write("big.sql", "copy a from stdin;\n" + rows * 5000 + "\\.\n")
        parts = Reader(path).parts()
        pieces = list(next(parts).data)

        self.assertEqual([], list(parts))

        self.assertGreater(len(pieces), 5)
        self.assertEqual(500000, len(b"".join(pieces)))
