"""Processes that run at the same time share one server, and leave it as they found it."""

import json
import os
import signal

from tests.integration.providers import on_one_python
from tests.integration.sandbox import PATIENCE, Sandbox, SandboxTest, end, wait_for

WORKERS = 4
# Each worker says what it holds, looks again whenever a file asks for it, and goes on when one says
# so, to it or to all.
SUITE = """
import json

NAMES = (
    "select datname from pg_database where datname like 't\\\\_%' and not datistemplate order by 1"
)

def migrate(db):
    db.execute("create table items (id integer primary key)")

def pause(look):
    while not (os.path.exists(f"{os.getpid()}.go") or os.path.exists("all.go")):
        if os.path.exists(f"{os.getpid()}.look"):
            os.unlink(f"{os.getpid()}.look")
            look()
        time.sleep(0.005)

class Suite(HarnessTestCase):
    db = Postgres(migrations=migrate)
    real = Postgres(migrations=migrate, isolation="commit")

    def test(self):
        for db in (self.db, self.real):
            self.assertEqual(0, db.count("items"))
            db.execute("insert into items values (1)")
        self.look()
        pause(self.look)
        for db in (self.db, self.real):
            self.assertEqual(1, db.count("items"))

    def look(self):
        ours = f"_{os.getpid()}x"
        names = [name for [name] in map(list, self.db.rows(NAMES))]
        found = {
            "identity": self.db.instance.identity,
            "same": self.db.instance is self.real.instance,
            "fresh": self.db.instance.running.fresh,
            "ours": [name for name in names if ours in name],
            "theirs": [name for name in names if ours not in name],
        }
        say("holds " + json.dumps(found))

    def test_again(self):
        self.assertEqual(0, self.real.count("items"))
"""
# An exclusive service that starts in milliseconds.
EXCLUSIVE = """
from dataclasses import dataclass
from tests.support.tiny import TinyProcess, ask
from harness.core.lease import Lease

class Held(Lease):
    def __init__(self, instance, service):
        super().__init__(service)
        self.instance = instance

    def _release(self):
        pass

class Shared(TinyProcess):
    def open(self, provider, running, settings):
        instance = super().open(provider, running, settings)
        instance.lease = lambda service: Held(instance, service)
        return instance

@dataclass(frozen=True, repr=False)
class Own(Shared):
    exclusive: bool = True

class Suite(HarnessTestCase):
    own = Own()
    shared = Shared("shared")

    def test(self):
        for lease in (self.own, self.shared):
            say("says " + ask(lease.instance.endpoint))
        say("holding")
        while not os.path.exists("all.go"):
            time.sleep(0.005)

class Other(Suite):
    pass
"""


class Worker:
    """A process of several that share a sandbox.

    Args:
        box: The sandbox.
        source: Its suite.
    """

    def __init__(self, box, source=SUITE):
        self._box = box
        self.process = box.start(source)
        self.pid = self.process.pid
        self.printed = ""

    def holds(self):
        """Return what it says that it holds, once it holds it."""
        for line in self.process.stdout:
            self.printed += line
            word, _, text = line.partition(" ")
            if word == "holds":
                return json.loads(text)
        raise AssertionError(f"it ended before it held anything:\n{self.printed}")

    def looks(self):
        """Return what it holds now."""
        (self._box.root / f"{self.pid}.look").touch()
        return self.holds()

    def go_on(self):
        (self._box.root / f"{self.pid}.go").touch()

    def finish(self):
        """Let it go on to its end; return all that it still printed."""
        self.go_on()
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.printed += rest
        if self.process.returncode:
            raise AssertionError(self.printed)
        return self.printed

    def kill(self):
        """Kill it as the kernel does for want of memory."""
        os.kill(self.pid, signal.SIGKILL)
        end(self.process)


class Sharing:
    """The tests; a subclass names the provider."""

    provider = ""

    def setUp(self):
        super().setUp()
        self.box: Sandbox = self.sandbox(self.provider)

    def workers(self, count):
        """Start workers at once; return them with what each holds."""
        workers = [Worker(self.box) for _ in range(count)]
        return workers, [worker.holds() for worker in workers]

    def test_many_who_start_at_once_start_each_server_once(self):
        workers, held = self.workers(WORKERS)

        self.assertEqual(1, len({found["identity"] for found in held}))
        self.assertEqual(1, sum(found["fresh"] for found in held))
        self.assertTrue(all(found["same"] for found in held))
        self.assertEqual(1, self.servers())
        names = [name for found in held for name in found["ours"]]
        self.assertEqual(len(set(names)), len(names))
        self.assertLessEqual(2 * WORKERS, len(names))
        self.let_all_go_on()
        for worker in workers:
            worker.finish()

        self.assertNothingLeft(self.box)

    def let_all_go_on(self):
        (self.box.root / "all.go").touch()

    def servers(self):
        """Count the servers of this sandbox that run, by what each alone has."""
        if self.provider == "docker":
            return len(self.box.containers())
        return len(list(self.box.data.glob("*/data/postmaster.pid")))

    def test_one_that_leaves_and_one_that_is_killed_disturb_nobody(self):
        """The one drops its own databases, and the next who attaches those of the other."""
        (leaver, victim, stayer), held = self.workers(3)
        leaver.finish()
        self.assertEqual(held[1]["ours"], stayer.looks()["theirs"])
        victim.kill()

        last = Worker(self.box)
        seen = last.holds()

        self.assertEqual(held[2]["ours"], seen["theirs"])
        self.assertEqual((held[2]["identity"], False), (seen["identity"], seen["fresh"]))
        last.finish()
        stayer.finish()
        self.assertNothingLeft(self.box)


class SharingOnEmbeddedTest(Sharing, SandboxTest):
    provider = "embedded"

    def test_when_all_are_killed_at_once_nothing_is_left(self):
        workers, _ = self.workers(2)

        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        for worker in workers:
            end(worker.process)

        self.assertNothingLeft(self.box)

    def test_two_processes_have_an_exclusive_server_each_and_so_has_each_class(self):
        processes = [self.box.start(EXCLUSIVE) for _ in range(2)]
        firsts = [answers(wait_for(process, "holding")) for process in processes]
        self.let_all_go_on()
        seconds = [answers(read_all(process)) for process in processes]

        own = [pair[0] for pair in (*firsts, *seconds)]
        shared = [pair[1] for pair in (*firsts, *seconds)]
        self.assertEqual((4, 1), (len(set(own)), len(set(shared))))
        self.assertNothingLeft(self.box)


def answers(lines):
    """Return what the servers of a class said: its own one, and the shared one."""
    return [line.rpartition("says ")[2].strip() for line in lines if "says " in line]


def read_all(process):
    """Return what a process prints until its end, by lines."""
    lines = list(process.stdout)
    assert process.wait(PATIENCE) == 0, lines
    return lines


class SharingOnDockerTest(Sharing, SandboxTest):
    provider = "docker"


@on_one_python
class ReuseTest(SandboxTest):
    """A server that is kept for the next run, on the provider that starts quickest."""

    def test_the_next_run_finds_it_without_the_databases_of_the_last(self):
        box = self.sandbox("embedded", HARNESS_REUSE="1")
        first = self.run_one(box)
        self.assertNotEqual([], box.leftovers())

        box.environ["HARNESS_REUSE"] = "0"
        second = self.run_one(box)

        self.assertEqual((True, False), (first["fresh"], second["fresh"]))
        self.assertEqual(first["identity"], second["identity"])
        self.assertEqual([], second["theirs"])
        self.assertNothingLeft(box)

    def run_one(self, box):
        worker = Worker(box)
        held = worker.holds()
        worker.finish()
        return held

    def test_in_ci_it_is_not_kept_and_that_is_said_once(self):
        box = self.sandbox("embedded", HARNESS_REUSE="1", CI="true")
        worker = Worker(box)
        worker.holds()

        printed = worker.finish()

        self.assertEqual(1, printed.count("HARNESS_REUSE is ignored, because CI is set"))
        self.assertNothingLeft(box)  # though its time is far from over
