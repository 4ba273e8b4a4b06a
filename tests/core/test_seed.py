"""The one number from which every random choice follows."""

from harness.core.seed import derive, drawn_seed, run_seed
from tests.support.unit import DirectoryTest, run_python


class SeedTest(DirectoryTest):
    def test_the_same_parts_derive_the_same_seed_on_every_machine(self):
        self.assertEqual(12220468752703470095, derive(1, "tests/test_a.py", "A.test_x"))

    def test_every_part_counts(self):
        seeds = {
            derive(1),
            derive(2),
            derive(1, ""),
            derive(1, "a"),
            derive(1, "b"),
            derive(1, "a", "b"),
        }

        self.assertEqual(6, len(seeds))

    def test_parts_do_not_run_together(self):
        self.assertNotEqual(derive(1, "ab", "c"), derive(1, "a", "bc"))
        self.assertNotEqual(derive(11, "a"), derive(1, "1a"))

    def test_a_seed_that_was_set_is_the_runs(self):
        self.assertEqual(7, run_seed(self.settings(TEST_SEED="7")))
        self.assertEqual(0, run_seed(self.settings(TEST_SEED="0")))

    def test_a_seed_that_was_not_set_is_drawn_once_a_process(self):
        self.assertEqual(drawn_seed(), run_seed(self.settings()))
        self.assertEqual(drawn_seed(), run_seed(self.settings(TEST_SEED="")))

    def test_two_processes_draw_two_seeds(self):
        code = "from harness.core.seed import drawn_seed; print(drawn_seed())"

        self.assertNotEqual(run_python(code).stdout, run_python(code).stdout)
