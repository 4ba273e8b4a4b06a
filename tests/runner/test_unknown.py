"""Names that are no tests, and modules that cannot be loaded."""

from tests.runner.suites import RunnerTest

SUITE = """
class ATest(unittest.TestCase):
    def test_name(self):
        pass

class BTest(unittest.TestCase):
    def test_pay(self):
        pass
"""


class UnknownTest(RunnerTest):
    def setUp(self):
        super().setUp()
        self.write(test_a=SUITE)

    def refused(self, *names):
        """Return what is said of names that are no tests, and check that nothing is run."""
        text = self.run_suite(*names, code=2)
        self.assertNotIn("passed", text)
        seed, _, rest = text.partition("\n")
        self.assertIn("harness: seed", seed)
        return rest

    def test_a_method_that_does_not_exist_is_refused_with_the_nearest(self):
        self.assertEqual(
            "harness: there is no test test_a.ATest.test_nmae: "
            "the class test_a.ATest has no test_nmae\n"
            "  next: did you mean test_a.ATest.test_name?\n",
            self.refused("-n", "2", "test_a.BTest", "test_a.ATest.test_nmae"),
        )

    def test_a_method_of_another_class_and_a_class_are_named(self):
        for name, near in (
            ("test_a.ATest.test_pay", "test_a.BTest.test_pay"),
            ("test_a.Atest.test_name", "test_a.ATest.test_name"),
            ("test_b.ATest.test_name", "test_a.ATest.test_name"),
        ):
            with self.subTest(name):
                self.assertIn(f"  next: did you mean {near}?\n", self.refused(name))

    def test_a_path_is_one_of_a_file(self):
        (self.root / "tests").mkdir()
        (self.root / "tests/test_u.py").write_text("import unittest\n" + SUITE)
        for name, said, hint in (
            ("tests/", "that is a directory", "harness run -s tests/"),
            ("tests/test_v.py", "there is no such file", "did you mean tests/test_u.py?"),
            ("/etc/passwd", "/etc/passwd is no Python file in ", "discover lists all"),
        ):
            with self.subTest(name):
                text = self.refused(name)
                self.assertIn(f"harness: there is no test {name}: {said}", text)
                self.assertIn(f"  next: {hint}", text)

    def test_what_there_is_is_told_where_nothing_is_near(self):
        self.assertIn("  next: it has: ATest, BTest\n", self.refused("test_a.Quite"))
        self.assertIn(
            "the test test_a.ATest.test_name has no more",
            self.refused("test_a.ATest.test_name.more"),
        )

    def test_a_name_of_another_start_directory_is_told_as_it_has_to_be_written(self):
        for place in "unit", "package/tests", "package":
            (self.root / place).mkdir(parents=True, exist_ok=True)
        for path in "unit/test_u.py", "package/tests/test_p.py":
            (self.root / path).write_text("import unittest\n" + SUITE)
        for path in "package/__init__.py", "package/tests/__init__.py":
            (self.root / path).touch()
        for name, words in (
            ("test_u.ATest.test_name", "-s unit test_u.ATest.test_name"),
            ("test_p.ATest", "package.tests.test_p.ATest"),
        ):
            with self.subTest(name):
                text = self.refused(name)
                self.assertIn(f"there is no test {name}: there is no module {name[:6]} in ", text)
                self.assertIn(f"  next: harness run {words}\n", text)
                self.assertIn("0 failed", self.run_suite(*words.split()))

    def test_a_start_directory_that_does_not_exist_is_refused_with_the_nearest(self):
        (self.root / "tests").mkdir()
        self.assertEqual(
            "harness: tests cannot be discovered in tets: "
            "Start directory is not importable: 'tets'\n"
            "  likely cause: there is no such directory\n"
            "  next: did you mean -s tests?\n",
            self.refused("-s", "tets"),
        )


class BrokenTest(RunnerTest):
    def test_a_module_that_cannot_be_loaded_is_red_with_its_reason_first_and_the_others_run(self):
        self.write(test_a=SUITE, test_import="import nowhere\n", test_syntax="def f(:\n")
        reasons = {
            "test_import": "ModuleNotFoundError: No module named 'nowhere'",
            "test_syntax": "SyntaxError: invalid syntax",
        }
        for names in ((), ("test_import", "test_a.py", "test_syntax.ATest.test_x")):
            with self.subTest(names):
                text = self.run_suite("-n", "2", *names, code=1)
                self.assertEqual("2 passed, 2 failed, 0 skipped", self.last_line(text))
                for module, reason in reasons.items():
                    said = rf"\n{module}[\w.]* could not be loaded: {reason}\n(\w+: .*\n)?"
                    self.assertRegex(text, f"{said}(Traceback|  File)")
                self.assertNotIn("selection.py", text)

    def test_load_tests_that_fails_is_red_as_well(self):
        self.write(
            test_a=SUITE,
            test_load="def load_tests(*args):\n    raise OSError('gone')\n",
            test_none="def load_tests(*args):\n    pass\n",
        )
        text = self.run_suite("-n", "2", code=1)
        self.assertEqual("2 passed, 2 failed, 0 skipped", self.last_line(text))
        self.assertIn("test_load could not be loaded: OSError: gone\n", text)
        said = "load_tests of test_none returned None, which is no suite of tests"
        self.assertIn(f"test_none could not be loaded: TypeError: {said}\n", text)


class NamelessTest(RunnerTest):
    def test_a_directory_and_what_begins_with_no_module_are_refused(self):
        self.write(test_a=SUITE)
        for name, why in (
            (".", "that is a directory\n  next: harness run -s .\n"),
            (".test_a", "it does not begin with the name of a module"),
            ("", "it does not begin with the name of a module"),
        ):
            with self.subTest(name):
                self.assertIn(why, self.run_suite(name, code=2))

    def test_a_module_whose_load_tests_exits_is_a_test_that_fails(self):
        self.write(test_a=SUITE, test_b="def load_tests(*_):\n    sys.exit(0)\n")
        text = self.run_suite(code=1)
        self.assertEqual("2 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertIn("test_b could not be loaded: SystemExit: 0", text)
