"""A test case with a database in memory."""

import unittest

from harness.data.factories import make_object, make_objects
from tests.data.factories.database import MemoryDatabase


class FactoryTest(unittest.TestCase):
    def setUp(self):
        self.db = self.database()

    def database(self, **options):
        db = MemoryDatabase(**options)
        self.addCleanup(db.close)
        return db

    def make(self, what, /, *traits, **overrides):
        return make_object(self.db, what, traits, overrides)

    def make_many(self, what, count, /, *traits, **overrides):
        return make_objects(self.db, what, count, traits, overrides)

    def refused(self, error, *parts):
        """Check that an error says all that, and that its next step is said."""
        for part in parts:
            self.assertIn(part, str(error))
        self.assertIsNotNone(error.hint)
