"""The names of the databases that we make."""

import unittest

from harness.core.settings import Settings
from harness.errors import ConfigurationError
from harness.services.postgres.database_names import (
    LONGEST_NAME,
    NAME,
    DatabaseNames,
    check_length,
)
from harness.services.postgres.marks import LOCKS, SIGNED, lock_number, signature

LARGEST_PROCESS = f"{1 << 22}x{10**13}"  # the kernel's largest number; 3000 years after a boot
KEY = "0123456789abcdef"


class NamesTest(unittest.TestCase):
    def setUp(self):
        self.names = DatabaseNames(Settings.read(environ={}))

    def test_a_name_tells_its_process_and_a_template_has_none(self):
        self.assertRegex(self.names.new(KEY), NAME)
        self.assertNotRegex(self.names.template(KEY), NAME)
        self.assertRegex(self.names.template(KEY), r"\At_[0-9a-f]{8}_0123456789abcdef_template\Z")

    def test_the_longest_name_is_short_enough(self):
        self.names._process, self.names._count = LARGEST_PROCESS, 10**9
        longest = self.names.new(KEY)

        self.assertLessEqual(len(longest), LONGEST_NAME)
        check_length(longest)

    def test_a_name_that_is_too_long_is_refused_by_its_bytes(self):
        check_length("a" * 63)
        with self.assertRaises(ConfigurationError) as raised:
            check_length("\N{LATIN SMALL LETTER E WITH ACUTE}" * 32)

        self.assertIn("has 64 bytes", str(raised.exception))
        self.assertIn("PostgreSQL would cut it off at 63", str(raised.exception))

    def test_the_lock_of_a_name_is_its_own_and_leaves_room_for_that_of_the_builder(self):
        numbers = {lock_number(f"t_{n}") for n in range(1000)}

        self.assertEqual(1000, len(numbers))
        self.assertTrue(all(0 <= number < LOCKS for number in numbers))
        self.assertLessEqual(2 * LOCKS, 1 << 63)
        self.assertEqual(lock_number("t_1"), lock_number("t_1"))

    def test_a_name_of_our_registry_tells_the_lock_of_its_holders(self):
        mine, template = self.names.new(KEY), self.names.template(KEY)
        others = mine.replace(self.names.registry, "00000000")

        self.assertEqual(self.names.lock, self.names.lock_of(mine))
        self.assertEqual(lock_number(template), self.names.lock_of(template))
        for name in (others, f"{mine}x", "shop", template.replace("t_", "x_")):
            self.assertIsNone(self.names.lock_of(name))

    def test_a_signature_is_a_limit_that_the_server_takes_and_nobody_reaches(self):
        numbers = {signature(f"t_{n}", "shop") for n in range(1000)}

        self.assertTrue(all(SIGNED <= number < 1 << 31 for number in numbers))
        self.assertEqual(1000, len(numbers))
        self.assertNotEqual(signature("t_1", "shop"), signature("t_1", "stock"))
