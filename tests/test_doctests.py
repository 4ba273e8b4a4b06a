"""Every example in a docstring of harness says the truth."""

import doctest
import importlib
import pkgutil
import unittest

import harness


def modules():
    """Return every module of harness."""
    found = pkgutil.walk_packages(harness.__path__, "harness.")
    return [harness, *(importlib.import_module(module.name) for module in found)]


class DoctestTest(unittest.TestCase):
    def test_every_example_does_what_it_says(self):
        finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
        for module in modules():
            for example in finder.find(module):
                if example.examples:
                    with self.subTest(example.name):
                        said = []
                        self.assertEqual(
                            0, runner.run(example, out=said.append).failed, "".join(said)
                        )
        self.assertGreater(runner.tries, 20)
