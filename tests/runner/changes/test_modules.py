"""Which files an import may mean."""

import os
import tempfile
import unittest
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest import mock

from harness.runner.changes import modules
from harness.runner.changes.loading import Import
from harness.runner.changes.modules import Modules

FILES = (
    *("shop/__init__.py", "shop/cart.py", "shop/tools/__init__.py", "shop/tools/json.py"),
    *("src/lib/__init__.py", "src/lib/deep/one.py", "ns/plugins/a.py", "hidden/__init__.py"),
    *("hidden/pricing.py", "scripts/run.py", "random.py", "tests/__init__.py", "tests/test_a.py"),
)


class ModulesTest(unittest.TestCase):
    def setUp(self):
        self.modules = Modules(FILES)

    def check(self, expected, what, importer="tests/test_a.py"):
        self.assertEqual(set(expected.split()), self.modules.imported(importer, what))

    def test_an_import_runs_the_packages_around_what_it_imports(self):
        self.check("shop/__init__.py shop/cart.py", Import(0, "shop.cart", ""))
        self.check("shop/__init__.py shop/cart.py", Import(0, "shop", "cart"))
        self.check("shop/__init__.py", Import(0, "shop", "Cart"))

    def test_a_directory_that_is_no_package_may_be_one_to_import_from(self):
        self.check("src/lib/__init__.py src/lib/deep/one.py", Import(0, "lib.deep.one", ""))
        self.check("src/lib/__init__.py src/lib/deep/one.py", Import(0, "src.lib.deep", "one"))
        for name in "ns.plugins.a", "plugins.a", "a":
            self.check("ns/plugins/a.py", Import(0, name, ""))

    def test_relative_imports_are_followed_by_their_dots(self):
        self.check("shop/__init__.py shop/cart.py", Import(2, "cart", "Cart"), "shop/tools/json.py")
        self.check("shop/__init__.py shop/cart.py", Import(2, "", "cart"), "shop/tools/json.py")
        self.check(
            "shop/tools/__init__.py shop/tools/json.py", Import(1, "", "json"), "shop/tools/x.py"
        )

    def test_everything_of_a_package_may_be_all_its_modules(self):
        expected = "shop/__init__.py shop/cart.py shop/tools/__init__.py shop/tools/json.py"
        self.check(expected, Import(0, "shop", "*"))
        self.check("shop/__init__.py shop/cart.py", Import(1, "", "*"), "shop/other.py")

    def test_a_module_of_the_standard_library_is_meant_unless_a_file_is_found_before_it(self):
        self.check("", Import(0, "json", ""))
        self.check("random.py", Import(0, "random", ""))

    def test_a_name_that_nobody_else_has_may_be_in_a_package(self):
        self.check("hidden/pricing.py", Import(0, "pricing", ""))
        self.check("", Import(0, "click.tools", ""))

    def test_a_package_may_be_installed_from_a_directory_that_is_called_otherwise(self):
        with tempfile.TemporaryDirectory() as top:
            spec = ModuleSpec("store", None, is_package=True)
            spec.submodule_search_locations.append(f"{os.path.realpath(top)}/shop")
            with mock.patch.object(modules, "spec_of", {"store": spec}.get):
                self.modules = Modules(FILES, top=Path(top).resolve())
                self.check("shop/__init__.py shop/cart.py", Import(0, "store.cart", ""))
                self.check("shop/__init__.py shop/cart.py", Import(0, "store", "cart"))

    def test_texts_name_modules_and_files(self):
        for text, expected in (
            ("shop.cart.Cart.add", "shop/__init__.py shop/cart.py"),
            ("shop.cart:main", "shop/__init__.py shop/cart.py"),
            ("../scripts/run.py", "scripts/run.py"),
            ("run.py", "scripts/run.py"),
            ("other/run.py", ""),
            ("shop", ""),
            ("shop.cart is full.", ""),
            ("...", ""),
        ):
            with self.subTest(text):
                self.assertEqual(set(expected.split()), self.modules.named(text))

    def test_a_text_that_ends_with_a_dot_names_all_that_is_below(self):
        self.assertEqual(4, len(self.modules.named("shop.")))

    def test_the_begin_of_a_name_names_all_that_begin_so(self):
        self.assertEqual({"shop/cart.py"}, self.modules.beginning("shop.ca"))

    def test_the_packages_around_a_file_are_imported_before_it(self):
        found = list(self.modules.around("shop/tools/json.py"))
        self.assertEqual(["shop/tools/__init__.py", "shop/__init__.py"], found)
