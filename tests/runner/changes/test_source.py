"""What is read from a Python file without running it."""

import unittest

from harness.runner.changes.loading import Import
from harness.runner.changes.source import read

MAIN = Import(0, "shop", "__main__")


class ImportsTest(unittest.TestCase):
    def imports(self, text):
        return sorted(read(text.encode()).imports)

    def test_imports_are_found_wherever_they_stand(self):
        text = "import a.b as c, d\ndef f():\n    from .g import h, i\n    from .. import j\n"
        self.assertEqual(
            [
                *(Import(0, "a.b", ""), Import(0, "d", "")),
                *(Import(1, "g", "h"), Import(1, "g", "i"), Import(2, "", "j")),
            ],
            self.imports(text),
        )

    def test_what_type_checkers_alone_import_is_left_out(self):
        for name in "TYPE_CHECKING", "typing.TYPE_CHECKING":
            text = f"if {name}:\n    import a\nelse:\n    import b\n"
            self.assertEqual([Import(0, "b", "")], self.imports(text))

    def test_code_in_texts_counts_as_doctests_and_other_interpreters_run_it(self):
        text = '"""Do.\n\n    >>> from a.b import c\n    >>> import d\n"""\nX = "import e; e.f()"\n'
        self.assertEqual(
            [Import(0, "a.b", "c"), Import(0, "d", ""), Import(0, "e", "")], self.imports(text)
        )

    def test_all_names_of_such_code_count(self):
        text = (
            'X = "from a import b, c"\nY = "from d import (\\n    e,\\n)"\nZ = "from f import *"\n'
        )
        expected = [("a", "b"), ("a", "c"), ("d", "*"), ("f", "*")]
        self.assertEqual([Import(0, *names) for names in expected], self.imports(text))

    def test_prose_is_no_code(self):
        self.assertEqual([], self.imports('"""Do.\n\n    import what is there.\n    """\n'))


class LoadsTest(unittest.TestCase):
    def test_a_name_that_only_a_run_can_tell_may_be_any(self):
        for text in (
            "from importlib import import_module\nimport_module(name)",
            "import importlib\nimportlib.import_module(names[0])",
            "import runpy\nrunpy.run_path(str(path))",
            "\nexec(text)",
            "\nfor each in entry_points(): each.load()",
            "\nentry_points(group='shop.plugins')",
            "\nimport_module('.' + name, __name__)",
            "\nimport_module(f'.{name}', 'shop')",
            "\nimport_module('.cart', package_of(shop))",
            "\nmodules = map(import_module, names)",
            "\nload = importlib.import_module",
            "\nfrom importlib import import_module as load",
            "\nspec_from_file_location('plugin', path)",
            "\nspec_from_file_location('plugin', location=f'{name}.py')",
            "\nexec(compile(text, 'cart.py', 'exec'))",
            "HOMES = {}\nimport_module(HOMES[name])",
            "HOMES = {1: BASE + '.cart'}\nimport_module(HOMES[1])",
            "\nrun([sys.executable, '-W', 'error', '-m', module])",
        ):
            with self.subTest(text):
                self.assertEqual(2, read(text.encode()).loads)

    def test_a_name_whose_begin_is_written_limits_it(self):
        for text in ('f"shop.x{n}"', '"shop.x" + n', '"shop.x%s" % n', '"shop.x{}".format(n)'):
            with self.subTest(text):
                found = read(f"import_module({text})".encode())
                self.assertEqual((None, {"shop.x"}), (found.loads, found.begins))

    def test_a_name_that_is_written_out_is_known(self):
        for text in ('import_module("a.b")', 'H = {"c": "a.b"}\nimport_module(H[n])'):
            with self.subTest(text):
                found = read(text.encode())
                self.assertIsNone(found.loads)
                self.assertIn("a.b", found.texts)

    def test_a_name_without_dots_is_known_as_well(self):
        found = read(b"import_module('cart')")
        self.assertEqual((None, {Import(0, "cart", "")}), (found.loads, found.imports))

    def test_a_name_that_begins_with_dots_is_followed_from_its_package(self):
        for text, expected in (
            ("'.cart', __package__", Import(1, "cart", "")),
            ("'.tools.cart', __name__", Import(1, "tools.cart", "")),
            ("'..cart', package=__package__", Import(2, "cart", "")),
            ("'.cart', 'shop'", Import(0, "shop.cart", "")),
            ("'..cart', 'shop.tools'", Import(0, "shop.cart", "")),
        ):
            with self.subTest(text):
                found = read(f"import_module({text})".encode())
                self.assertEqual((None, {expected}), (found.loads, found.imports))

    def test_a_file_that_is_written_out_is_known(self):
        found = read(b"spec_from_file_location('shop', Path(__file__).parent / 'tools/cart.py')")
        self.assertIsNone(found.loads)
        self.assertIn("tools/cart.py", found.texts)

    def test_a_module_that_is_run_by_another_interpreter_counts(self):
        for text in (
            "run([sys.executable, '-m', 'shop', 'list'])",
            "run(sys.executable, '-m', 'shop')",
            "run('python3 -W error -m shop list', shell=True)",
            "run_module('shop')",
            "name = 'shop'\nrun([sys.executable, '-m', name])",
        ):
            with self.subTest(text):
                found = read(text.encode())
                self.assertEqual((None, {MAIN}), (found.loads, found.imports))
        self.assertIsNone(read(b"run(['git', 'commit', '-m', text])").loads)

    def test_methods_that_are_called_exec_run_no_python(self):
        self.assertIsNone(read(b"self.db.exec(command)").loads)

    def test_a_file_that_does_not_parse_may_load_anything(self):
        for content in (b"\ndef f(:\n", b"# coding: nowhere\n", b"x = 1\0", b"\xff\xfe"):
            with self.subTest(content):
                self.assertIsNotNone(read(content).loads)

    def test_a_file_in_another_encoding_is_read_in_it(self):
        self.assertEqual({"é"}, read("# coding: latin-1\nX = 'é'\n".encode("latin-1")).texts)
