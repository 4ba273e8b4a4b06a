"""Providers are found by name, each in a module of its own."""

import unittest

from harness.core.order import PROVIDERS
from harness.core.provider import provider_named
from harness.errors import UnknownProviderError


class ProviderTest(unittest.TestCase):
    def test_every_provider_is_there_under_its_name(self):
        self.assertEqual(list(PROVIDERS), [provider_named(name).name for name in PROVIDERS])

    def test_an_unknown_provider_names_the_nearest(self):
        with self.assertRaisesRegex(UnknownProviderError, "did you mean docker"):
            provider_named("doker")
