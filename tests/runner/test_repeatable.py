"""One seed, one outcome: what tests draw and store, in any order, process and shard."""

import json
import random

from tests.runner.suites import RunnerTest

CLASSES, TESTS = 30, 10
HEAD = """
import json, random
from harness import HarnessTestCase, SQLite


class Recording(HarnessTestCase):
    db = SQLite(migrations="migrations")

    def record(self):
        row = self.db.make("items")
        numbers = [random.random(), self.rng.randrange(1000)]
        line = json.dumps([self.id(), *numbers, list(map(str, row))])
        with open("recorded", "a") as file:
            file.write(line + "\\n")

"""
SCHEMA = "create table items (id integer primary key, name text not null, price real, made date)"


class RepeatableTest(RunnerTest):
    def setUp(self):
        super().setUp()
        (self.root / "migrations").mkdir()
        (self.root / "migrations/1.sql").write_text(SCHEMA)
        tests = "".join(f"    def test_{n}(self):\n        self.record()\n" for n in range(TESTS))
        for module in "a", "b":
            classes = [f"class {module}{n}Test(Recording):\n{tests}\n" for n in range(CLASSES // 2)]
            self.write(**{f"test_{module}": "from base import *\n" + "\n".join(classes)})
        self.write(base=HEAD)

    def recorded(self, *runs):
        """Run all tests with one seed, in one run or several; return what they record, by test."""
        for arguments in runs:
            self.run_suite("--seed", "20260101", *arguments)
        lines = (self.root / "recorded").read_text().splitlines()
        (self.root / "recorded").unlink()
        found = {name: rest for name, *rest in map(json.loads, lines)}
        self.assertEqual(CLASSES * TESTS, len(found))
        return found

    def test_every_draw_and_every_row_is_the_same_in_any_order_process_and_shard(self):
        expected = self.recorded(())
        self.assertEqual(CLASSES * TESTS, len({tuple(rest[:2]) for rest in expected.values()}))
        shards = [("--shard", f"{number}/3", "--order", "duration") for number in (1, 2, 3)]
        for runs in [("-n", "2")], [("-n", "3", "--order", "shuffle")], shards:
            with self.subTest(runs):
                self.assertEqual(expected, self.recorded(*runs))
        random.seed(1)
        name = random.choice(sorted(expected))
        text = self.run_suite("--seed", "20260101", name)
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        alone = json.loads((self.root / "recorded").read_text())
        self.assertEqual(expected[name], alone[1:])
