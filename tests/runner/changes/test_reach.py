"""What a change can reach, file by file."""

import json
import os
from pathlib import Path
from unittest import mock

from harness.errors import ConfigurationError
from tests.runner.changes.repositories import RepositoryTest, git

SHOP = {
    "shop__init": "",
    "shop__money": "RATE = 2\n",
    "shop__cart": "from .money import RATE\n",
    "shop__orders": "def order():\n    from shop import cart\n",
    "shop__mail": "TEMPLATE = 'mail.txt'\n",
    "shop__typed": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.money import RATE\n"
    ),
    "shop__plugins__a": "import shop.money\n",
    "tests__init": "",
    "tests__case": "import unittest\nfrom shop.mail import TEMPLATE\n",
    "tests__test_cart": "from shop.cart import RATE\n",
    "tests__test_orders": "import shop.orders\n",
    "tests__test_mail": "from tests.case import TEMPLATE\n",
    "tests__test_typed": "from shop import typed\n",
    "tests__test_patch": "mock.patch('shop.money.RATE')\n",
    "tests__test_alone": "",
}


class ImportsTest(RepositoryTest):
    def setUp(self):
        super().setUp()
        self.start(**SHOP)

    def check(self, expected, path, text="# changed\n"):
        """Check which test modules the change of one file reaches, and undo it."""
        with self.subTest(path):
            self.write(path, text)
            self.assertEqual(expected.split(), self.reached())
            git(self.directory, "checkout", "-q", "--", ".")
            git(self.directory, "clean", "-qfd")

    def test_a_change_reaches_all_that_imports_it_and_nothing_else(self):
        self.check("test_cart test_orders test_patch", "shop/money.py")
        self.check("test_cart test_orders", "shop/cart.py")
        self.check("test_orders", "shop/orders.py")
        self.check("test_mail", "tests/case.py")
        self.check("test_typed", "shop/typed.py")
        self.check("test_alone", "tests/test_alone.py")
        self.check("", "shop/plugins/a.py")

    def test_a_package_is_run_before_each_of_its_modules(self):
        tests = "test_cart test_mail test_orders test_patch test_typed"
        self.check(tests, "shop/__init__.py")
        self.check(f"test_alone {tests}", "tests/__init__.py")

    def test_a_file_that_is_gone_reaches_those_that_import_it_or_did(self):
        (self.directory / "shop/cart.py").unlink()
        self.assertEqual(["test_cart", "test_orders"], self.reached())
        self.write("tests/test_cart.py", "from shop.basket import RATE\n")
        self.write("shop/orders.py", "def order():\n    from shop import basket\n")
        git(self.directory, "mv", "-k", "shop/cart.py", "shop/basket.py")
        self.write("shop/basket.py", "from .money import RATE\n")
        self.assertEqual(
            ("tests/test_cart.py",), self.reach().doubtful
        )  # a test, as its loader knows
        self.assertEqual(["test_cart", "test_orders"], self.reached())

    def test_a_new_file_may_take_the_place_of_an_installed_module(self):
        self.commit(tests__test_json="import json, click\n")
        self.check("test_json", "json.py")
        self.check("test_json", "click/__init__.py")

    def test_a_module_that_loads_others_by_name_is_reached_by_all(self):
        self.commit(shop__load="from importlib import import_module\nimport_module(x)\n")
        self.commit(tests__test_load="import shop.load\n")
        self.check("test_load test_orders", "shop/orders.py")
        self.write("shop/orders.py", "# changed\n")
        self.assertEqual({"shop/load.py": 2}, self.reach().loaders)

    def test_a_module_that_does_not_parse_is_reached_by_all(self):
        self.commit(shop__mail="def f(:\n")
        self.check("test_mail test_orders", "shop/orders.py")

    def test_a_package_that_is_run_as_a_program_is_reached_by_its_modules(self):
        run = "subprocess.run([sys.executable, '-m', 'shop'])\n"
        self.write("shop/__main__.py", "import shop.cart\n")
        self.commit(tests__test_main=run)
        self.check("test_cart test_main test_orders", "shop/cart.py")

    def test_a_module_that_is_imported_from_the_start_directory_is_found_in_a_package(self):
        self.commit(tests__case="", case="", tests__test_case="import case\n")
        self.write("tests/case.py", "# changed\n")
        self.assertIn("test_case", self.reached(start="tests"))

    def test_the_way_from_a_test_to_the_change_is_told(self):
        self.write("shop/money.py", "# changed\n")
        toward = self.reach().toward
        way = ["tests/test_orders.py"]
        while toward[way[-1]] != way[-1]:
            way.append(toward[way[-1]])
        names = [Path(path).stem for path in way]
        self.assertEqual(["test_orders", "orders", "cart", "money"], names)


class DoubtTest(RepositoryTest):
    def setUp(self):
        super().setUp()
        self.start(**SHOP)

    def doubtful(self, path, **variables):
        self.write(path, "changed")
        try:
            return self.reach(**variables).doubtful
        finally:
            git(self.directory, "clean", "-qfd")

    def test_a_file_that_is_mentioned_reaches_those_who_do(self):
        self.write("shop/texts/mail.txt")
        self.assertEqual(["test_mail"], self.reached())
        self.assertEqual((), self.reach().doubtful)

    def test_a_file_of_which_nobody_speaks_is_doubtful(self):
        for path in "README.md", "shop/rates.json", "shop/signals.py":
            self.assertEqual((path,), self.doubtful(path))

    def test_a_file_that_only_a_program_names_which_nobody_uses_is_doubtful(self):
        self.commit(setup="sources = ['shop/fast.pyx']\n", tests__init="'shop/slow.pyx'\n")
        self.assertEqual(("shop/fast.pyx",), self.doubtful("shop/fast.pyx"))
        self.assertEqual((), self.doubtful("shop/slow.pyx"))

    def test_a_repository_in_the_repository_is_doubtful_whoever_names_it(self):
        self.commit(tests__case="sys.path.insert(0, 'vendor/lib')\n")
        git(self.directory, "init", "-q", "vendor/lib")
        self.write("vendor/lib/a.py")
        git(self.directory / "vendor/lib", "add", "-A")
        git(self.directory / "vendor/lib", "commit", "-q", "-m", "a step")
        self.assertEqual(("vendor/lib/",), self.reach().doubtful)
        git(self.directory, "-c", "advice.addEmbeddedRepo=false", "add", "vendor/lib")
        git(self.directory, "commit", "-q", "-m", "a step")
        self.write("vendor/lib/a.py", "# changed")
        self.assertEqual(("vendor/lib",), self.reach().doubtful)

    def test_what_a_link_leads_to_is_doubtful_for_it_has_more_names_than_one(self):
        (self.directory / "lib").symlink_to("shop")
        (self.directory / "tests/money.py").symlink_to("../shop/money.py")
        self.commit()
        self.assertEqual(("shop/money.py",), self.doubtful("shop/money.py"))
        git(self.directory, "rm", "-q", "lib")
        self.commit()
        self.assertEqual((), self.doubtful("shop/cart.py"))

    def test_the_settings_say_what_no_test_depends_on(self):
        ignored = {"HARNESS_IGNORED_CHANGES": "docs/*,*.md"}
        for path in "README.md", "docs/how/to.txt":
            self.assertEqual((), self.doubtful(path, **ignored))
        self.assertEqual(("src/docs.txt",), self.doubtful("src/docs.txt", **ignored))

    def test_what_a_run_makes_is_no_change(self):
        for path in "shop/__pycache__/cart.pyc", ".coverage", ".coverage.host.1":
            self.write(path, "made")
        self.assertEqual((), self.reach().changed)

    def test_a_working_directory_that_git_does_not_look_at_is_refused(self):
        self.enterContext(mock.patch.dict(os.environ, GIT_WORK_TREE=str(self.directory / "shop")))
        with self.assertRaisesRegex(ConfigurationError, "is not in .*/shop, where git has"):
            self.reach()

    def test_what_all_code_depends_on_reaches_everything(self):
        for path in (
            *("setup.cfg", "pyproject.toml", "requirements/dev-requirements.txt", "uv.lock"),
            *("sitecustomize.py", "requirements/dev.txt"),
        ):
            with self.subTest(path):
                self.write(path, "x = 1")
                self.assertEqual(path, self.reach().everything)
                git(self.directory, "clean", "-qfd")

    def test_of_other_projects_in_the_repository_only_what_is_used_counts(self):
        self.write("one/setup.cfg", "[harness]\n")
        self.commit(one__tests__test_one="import shop.money\n")
        for path in "two/setup.cfg", "two/README.md":
            self.write(path, "changed")
        self.write("shop/money.py", "RATE = 3\n")
        reach = self.reach(within="one")
        self.assertEqual(("", (), 1), (reach.everything, reach.doubtful, reach.depth))
        self.assertIn("one/tests/test_one.py", reach.toward)
        self.assertNotIn("tests/test_cart.py", reach.toward)  # that is another one's test
        self.write("requirements.txt", "all")
        self.assertEqual("requirements.txt", self.reach(within="one").everything)

    def test_no_change_reaches_nothing(self):
        reach = self.reach()
        self.assertEqual(((), "", {}), (reach.changed, reach.everything, reach.toward))


class ImagesTest(RepositoryTest):
    def setUp(self):
        super().setUp()
        self.start(a="1")
        self.write("images.json", json.dumps({"redis": "r@1", "kafka": "k@1", "web": "w@1"}))
        self.commit()

    def images(self, text):
        self.write("images.json", text)
        reach = self.reach(HARNESS_IMAGES="images.json")
        return reach.images, reach.doubtful

    def test_the_images_that_have_changed_are_told(self):
        now = json.dumps({"redis": "r@2", "kafka": "k@1", "new": "n@1"})
        self.assertEqual((("new", "redis", "web"), ()), self.images(now))

    def test_a_list_that_cannot_be_read_is_doubtful(self):
        for text in "{", "[]":
            self.assertEqual(((), ("images.json",)), self.images(text))
