"""Whatever line of a project is changed: each test that fails for it is among those chosen."""

import json
import os
import subprocess
import sys

from tests.runner.changes import mutants
from tests.runner.changes.repositories import RepositoryTest
from tests.support import project

COUNT = int(os.environ.get("HARNESS_CI_MUTANTS", "25"))
SEED = int(os.environ.get("HARNESS_CI_MUTANTS_SEED", "1"))
PROJECT = """\
# file: shop/__init__.py
NAME = 'shop'
# file: shop/money.py
RATE = 2


def cents(euros):
    return euros * 100
# file: shop/cart.py
from .money import cents


def total(prices):
    found = 0
    for price in prices:
        found = found + cents(price)
    return found
# file: shop/orders.py
def order(prices):
    from shop import cart

    return {'total': cart.total(prices)}
# file: shop/rates.py
import json
from pathlib import Path

FILE = Path(__file__).with_name('rates.json')
RATES = json.loads(FILE.read_text())
# file: shop/rates.json
{"EUR": 1,
"USD": 2}
# file: shop/plugins/__init__.py
import importlib


def plugin(name):
    return importlib.import_module(f'shop.plugins.{name}').run()
# file: shop/plugins/one.py
def run():
    return 1
# file: shop/plugins/two.py
from shop.money import RATE


def run():
    return RATE
# file: shop/docs.py
'''Do.

>>> from shop.money import RATE
>>> RATE + 1
3
'''
# file: shop/names.py
from shop.money import *
from shop import NAME
# file: shop/texts/mail.txt
Dear 1
yours
# file: tests/__init__.py
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / 'src'))
# file: src/lib/deep.py
DEPTH = 4
# file: tests/test_deep.py
import unittest
from lib import deep


class DeepTest(unittest.TestCase):
    def test_deep(self):
        self.assertEqual(4, deep.DEPTH)
# file: migrations/001_items.sql
create table items (id integer);
insert into items values (1);
# file: migrations/002_more.sql
insert into items values (2);
# file: tests/test_items.py
from harness import HarnessTestCase, SQLite


class ItemsTest(HarnessTestCase):
    db = SQLite(migrations='migrations')

    def test_items(self):
        self.assertEqual(2, self.db.count('items'))
# file: tests/cases.py
import unittest


class Case(unittest.TestCase):
    limit = 300


def case_for(number):
    def test(self):
        self.assertEqual(number, 4 - 1)

    return type('MadeTest', (unittest.TestCase,), {'test_made': test})
# file: tests/test_cart.py
import unittest
from shop.cart import total


class CartTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(300, total([1, 2]))
# file: tests/test_orders.py
from shop.orders import order
from tests.cases import Case


class OrdersTest(Case):
    def test_order(self):
        self.assertEqual(self.limit, order([3])['total'])
# file: tests/test_rates.py
import unittest
from shop import rates


class RatesTest(unittest.TestCase):
    def test_rates(self):
        self.assertEqual({'EUR': 1, 'USD': 2}, rates.RATES)
# file: tests/test_plugins.py
import unittest
from shop.plugins import plugin


class PluginsTest(unittest.TestCase):
    def test_plugins(self):
        self.assertEqual([1, 2], [plugin('one'), plugin('two')])
# file: tests/test_made.py
from tests.cases import case_for

MadeTest = case_for(3)
# file: tests/test_docs.py
import doctest


def load_tests(loader, tests, pattern):
    return doctest.DocTestSuite('shop.docs')
# file: tests/test_patch.py
import unittest
from unittest import mock


class PatchTest(unittest.TestCase):
    def test_patch(self):
        with mock.patch('shop.money.RATE', 5):
            from shop import money

            self.assertEqual(5, money.RATE)
# file: tests/test_names.py
import unittest
from shop import names


class NamesTest(unittest.TestCase):
    def test_names(self):
        self.assertEqual(('shop', 2), (names.NAME, names.RATE))
# file: tests/test_texts.py
import unittest
from pathlib import Path

TEXTS = Path('shop') / 'texts'


class TextsTest(unittest.TestCase):
    def test_texts(self):
        text = next(TEXTS.glob('*.txt')).read_text()
        self.assertEqual('Dear 1\\nyours\\n', text)
# file: tests/test_fixtures.py
import unittest
from shop.money import cents


def setUpModule():
    assert cents(1) == 100


class FixturesTest(unittest.TestCase):
    def test_nothing(self):
        pass
"""
TESTS = 12


class MutantsTest(RepositoryTest):
    def test_each_test_that_fails_for_a_change_is_among_those_that_it_reaches(self):
        for part in PROJECT.split("# file: ")[1:]:
            self.write(*part.split("\n", 1))
        self.start()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", mutants.__file__, str(SEED), str(COUNT)],
            cwd=self.directory,
            env=project.environ(),
            capture_output=True,
            text=True,
        )
        self.assertFalse(done.stderr, done.stderr)
        found = [json.loads(line) for line in done.stdout.splitlines()]

        self.assertEqual(COUNT, len(found))
        for mutant in found:
            missed = [name for name in mutant["failed"] if not stands_for(name, mutant["chosen"])]
            self.assertEqual([], missed, f"{mutant['file']}:\n{mutant['text']}")
        self.assertGreater(sum(bool(mutant["failed"]) for mutant in found), COUNT // 3)
        chosen = sum(len(mutant["chosen"]) for mutant in found)
        self.assertLess(chosen, 0.75 * COUNT * TESTS)  # it is a choice


def stands_for(failed, chosen):
    """Tell whether a test, or one of the module or class that is reported instead, is chosen."""
    inside = failed.partition("(")[2].rstrip(")")
    return failed in chosen or any(inside and name.startswith(f"{inside}.") for name in chosen)
