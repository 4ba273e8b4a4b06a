"""`harness ps`: what runs, since when and for whom, for people and for programs."""

import json
import os
import re
import time

from harness.cli.text import WIDTH
from tests.cli.test_main import CommandTest
from tests.integration.providers import on_one_python
from tests.support.commands import CommandsTest
from tests.support.slots import SlotsTest, name_of_us

US = {"pid": os.getpid(), "command": name_of_us()}


class TellingTest(SlotsTest):
    """What is printed; no server is started."""

    run_command = CommandTest.run_command

    def ps(self, *options):
        done = self.run_command("ps", *options)
        self.assertEqual((0, ""), (done.exit_code, done.stderr))
        return done.output

    def details(self):
        """Return the last line about an instance."""
        return self.ps().splitlines()[-1].strip()

    def test_nothing_runs(self):
        self.assertEqual("nothing runs\n", self.ps())

    def test_where_nothing_was_ever_made_it_makes_nothing(self):
        self.environment(HARNESS_STATE_DIR=str(self.directory / "other"))

        self.assertEqual("nothing runs\n", self.ps())
        self.assertFalse((self.directory / "other").exists())

    def test_one_that_is_held_is_shown_with_all_that_is_known(self):
        since = time.time() - 190
        self.held(self.ready(self.slot(since=since), provenance="PostgreSQL 15.1 in /usr/bin"))

        self.assertEqual(
            "postgres on embedded: running\n"
            "    PostgreSQL 15.1 in /usr/bin\n"
            "    at 127.0.0.1:5433\n"
            f"    since {time.strftime('%H:%M:%S', time.localtime(since))}, 3 min ago\n"
            f"    held by {os.getpid()} ({name_of_us()})\n",
            re.sub(r"since \d{4}-\S+ ", "since ", self.ps()),  # a date, just after midnight
        )

    def test_a_container_is_named_with_its_ports(self):
        thing = {"kind": "container", "host": "h", "name": "harness-1-2", "made": True}
        ports = [[80, "127.0.0.1", 4001], [443, "127.0.0.1", 4002]]
        self.held(self.ready(self.slot(things=[thing]), ports=ports))

        output = self.ps()

        self.assertIn("    container harness-1-2\n", output)
        self.assertIn("    port 80 at 127.0.0.1:4001, port 443 at 127.0.0.1:4002\n", output)

    def test_one_that_is_being_started_says_by_whom_and_what(self):
        self.locked(self.held(self.slot()))

        self.assertIn("postgres on embedded: starting\n    PostgreSQL 1.0\n", self.ps())
        self.assertEqual(f"being started by {os.getpid()} ({name_of_us()})", self.details())

    def test_one_that_is_being_removed_says_so(self):
        self.locked(self.slot())

        self.assertEqual("being removed", self.details())

    def test_one_that_is_kept_says_until_when(self):
        until = time.mktime((2099, 1, 2, 3, 4, 5, 0, 0, -1))
        self.ready(self.slot(), reuse=60, until=until)

        self.assertEqual("kept for the next run until 2099-01-02 03:04:05", self.details())

    def test_one_that_nobody_holds_says_why_and_what_removes_it(self):
        self.ready(self.slot())

        self.assertIn("postgres on embedded: ownerless\n", self.ps())
        self.assertEqual("whoever held it was killed; `harness clean` removes it", self.details())

    def test_one_that_cannot_be_read_names_the_file(self):
        slot = self.slot()
        with open(f"{slot.path}/intent", "w", encoding="utf-8") as file:
            file.write("{")

        output = self.ps()

        self.assertIn("the instance db: damaged\n", output)
        self.assertIn(f"cannot be read from {slot.path}/intent", " ".join(output.split()))

    def test_the_password_is_nowhere(self):
        self.held(self.ready(self.slot()))

        self.assertNotIn("secret", self.ps() + self.ps("--json"))

    def test_it_fits_a_terminal(self):
        self.held(self.ready(self.slot(), provenance="word " * 50))

        for width in (60, WIDTH):
            self.environment(HARNESS_STATE_DIR=str(self.directory), COLUMNS=str(width))
            self.assertLessEqual(max(map(len, self.ps().splitlines())), width)

    def test_as_json_it_has_the_documented_keys(self):
        self.held(self.ready(self.slot(since=0.5), provenance="PostgreSQL 15.1"))

        self.assertEqual(
            {
                "janitor": None,
                "instances": [
                    {
                        "key": "db",
                        "state": "running",
                        "service": "postgres",
                        "provider": "embedded",
                        "version": "PostgreSQL 15.1",
                        "address": "127.0.0.1:5433",
                        "ports": {},
                        "since": "1970-01-01T00:00:00Z",
                        "until": None,
                        "holders": [US],
                        "things": [f"directory {self.made()}"],
                        "words": f"held by {os.getpid()} ({name_of_us()})",
                    }
                ],
            },
            json.loads(self.ps("--json")),
        )

    def test_as_json_nothing_is_an_empty_list(self):
        self.assertEqual({"janitor": None, "instances": []}, json.loads(self.ps("--json")))


@on_one_python
class RunningTest(CommandsTest):
    """Real servers."""

    def listed(self):
        return json.loads(self.harness("ps", "--json").stdout)

    def test_a_server_is_shown_with_its_holders_and_the_janitor(self):
        first, second = self.hold(), self.hold()

        data = self.listed()

        [instance] = data["instances"]
        self.assertEqual(self.janitor(), data["janitor"])
        self.assertEqual(
            sorted((first.pid, second.pid)), [one["pid"] for one in instance["holders"]]
        )
        self.assertTrue(all("python" in one["command"] for one in instance["holders"]))
        self.assertRegex(instance["version"], "^PostgreSQL ")
        self.assertIn(f"the janitor is process {data['janitor']}\n", self.harness("ps").stdout)

    def test_a_server_that_is_kept_says_until_when(self):
        self.hold(HARNESS_REUSE="1").communicate(timeout=30)

        [instance] = self.listed()["instances"]

        self.assertEqual(("kept", []), (instance["state"], instance["holders"]))
        self.assertRegex(instance["until"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_a_server_whose_holder_and_janitor_were_killed_has_no_owner(self):
        self.crash(self.hold())

        data = self.listed()

        self.assertIsNone(data["janitor"])
        self.assertEqual(["ownerless"], [one["state"] for one in data["instances"]])
