"""What programs say of themselves: asked once, kept, and asked again when they are replaced."""

from unittest import mock

from harness.providers import programs
from tests.support.unit import DirectoryTest


class ProgramsTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.kept = self.directory / "cache" / "programs.json"
        self.enterContext(mock.patch.object(programs, "kept_in", lambda: self.kept))
        self.enterContext(mock.patch.object(programs, "run", self.run_it))
        self.program = self.directory / "program"
        self.runs = 0
        self.write("one")

    def write(self, answer):
        self.program.write_text(answer)

    def run_it(self, program, *arguments):
        """Run a program whose file holds its answer."""
        self.runs += 1
        if not self.program.exists() or self.program.read_text() == "broken":
            return None
        return " ".join([self.program.read_text(), *arguments])

    def ask(self, *arguments):
        """Ask as a new process would."""
        programs.said.cache_clear()
        self.addCleanup(programs.said.cache_clear)
        return programs.said(str(self.program), *arguments)

    def test_a_program_is_run_once_for_each_of_its_answers(self):
        for _ in range(2):
            self.assertEqual("one a", self.ask("a"))
            self.assertEqual("one b", self.ask("b"))
        self.assertEqual(2, self.runs)

    def test_a_script_is_asked_each_time_since_it_may_lead_to_another_program(self):
        self.write("#!/bin/sh")
        self.ask()
        self.ask()
        self.assertEqual(2, self.runs)

    def test_one_that_was_replaced_is_asked_again(self):
        self.ask()
        self.write("another one")
        self.assertEqual("another one", self.ask())

    def test_a_failure_is_not_kept(self):
        self.write("broken")
        self.assertIsNone(self.ask())
        self.assertEqual({}, self.answers())

    def test_one_that_is_not_there_says_nothing(self):
        self.program.unlink()
        self.assertIsNone(self.ask())

    def test_answers_of_programs_that_are_gone_are_forgotten(self):
        self.ask()
        self.program = self.directory / "other"
        self.write("two")
        (self.directory / "program").unlink()
        self.ask()
        self.assertEqual(["other"], [key.split("\n")[0].split("/")[-1] for key in self.answers()])

    def answers(self):
        return programs.read(self.kept)

    def test_a_damaged_or_unwritable_cache_only_costs_time(self):
        self.kept.parent.mkdir()
        for damage in ("{", "[]"):
            with self.subTest(damage):
                self.kept.write_text(damage)
                self.assertEqual("one", self.ask())
        self.kept.unlink()
        self.kept.parent.rmdir()
        self.kept.parent.write_text("a file")
        self.assertEqual("one", self.ask())
