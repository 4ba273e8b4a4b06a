"""A suite on a Dask cluster: as in processes, whoever dies, comes or has other code."""

import contextlib
import itertools
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness.runner.cluster import kept
from tests.integration.providers import on_one_python
from tests.runner.cluster.fleet import Fleet
from tests.runner.suites import LONGEST, RunnerTest

NOTE = """
from pathlib import Path

def note(case):
    with open("ran", "a") as file:
        file.write(f"{case.id()} {os.getpid()} {os.getppid()}\\n")

"""
KINDS = """
import threading
from harness import HarnessTestCase

class KindsTest(unittest.TestCase):
    def test_error(self):
        note(self)
        raise ValueError("what")

    def test_fails(self):
        note(self)
        print("why it fails")
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_fails_as_expected(self):
        note(self)
        self.fail()

    @unittest.skip("not today")
    def test_skipped(self):
        pass

    def test_parts(self):
        note(self)
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(1, number)

class CrashTest(unittest.TestCase):
    def test_a(self):
        note(self)

    def test_b(self):
        note(self)
        os.write(1, b"garbage\\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def test_c(self):
        note(self)

class BlockedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no server")

    def test_blocked(self):
        pass

class PlaceTest(HarnessTestCase):
    def test_main_thread_and_seed(self):
        note(self)
        self.assertIs(threading.main_thread(), threading.current_thread())
        self.assertEqual("77", os.environ["TEST_SEED"])
        with open("drawn", "a") as file:
            file.write(f"{self.rng.random()}\\n")
"""
OLD = """
from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
__version__ = "0.0.9"
"""

HIDING = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh"]


def can_hide():
    """Tell whether a process can be started that does not see the memory that others share."""
    with contextlib.suppress(FileNotFoundError):
        return not subprocess.run([*HIDING, "true"], capture_output=True, check=False).returncode
    return False


def is_there(pid):
    """Tell whether a process lives."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@on_one_python
class ClusterTest(RunnerTest):
    """One cluster for all of them: two Dask workers, of one thread each."""

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(2)
        cls.addClassCleanup(cls.fleet.close)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.leaves_nothing)

    def run_there(self, *arguments, code=0, settings=()):
        """Run the suite on the cluster."""
        where = ["--cluster", self.fleet.address]
        return self.run_suite(*where, *arguments, code=code, settings=settings)

    def notes(self):
        """Return what tests have noted: their names, processes and Dask workers."""
        file = self.root / "ran"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def leaves_nothing(self):
        """Check that no process of ours is there, nor what it has written."""
        deadline = time.monotonic() + 10
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual([], self.left())

    def left(self):
        """Return what is left of what tests have noted: processes, and files of Dask workers."""
        pids = {int(pid) for _, pid, _ in self.notes()}
        above = {pid for *_, pid in self.notes()}
        files = (kept.SHARED_MEMORY.glob(f"{kept.PREFIX}{pid}-*") for pid in above)
        return [*filter(is_there, pids), *itertools.chain.from_iterable(files)]

    def verdicts(self, text):
        return sorted(line for line in text.splitlines() if " ... " in line)

    def test_tests_come_to_the_same_as_in_processes(self):
        self.write(test_kinds=NOTE + KINDS)
        arguments = ["-v", "-b", "--seed", "77"]
        there = self.run_there(*arguments, code=1)
        names = [name for name, *_ in self.notes()]
        here = self.run_suite(*arguments, "-n", "2", code=1)

        self.assertEqual(self.verdicts(here), self.verdicts(there))
        self.assertEqual(self.last_line(here), self.last_line(there))
        self.assertIn("why it fails", there)
        self.assertEqual(1, there.count("harness: seed 77 "), there)
        one, other = (self.root / "drawn").read_text().split()
        self.assertEqual(one, other)
        self.assertRegex(there, r"CrashTest.test_b\nworker \d+ ended: SIGKILL, on tcp://")
        self.assertEqual(sorted(set(names)), sorted(names))

    def kills_its_dask_worker(self):
        """Write a suite of 53 tests of which one does that, after 50 that are quick."""
        quick = "".join(f"    def test_a{n}(self):\n        note(self)\n" for n in range(50))
        self.write(
            test_death=f"""{NOTE}
class ATest(unittest.TestCase):
{quick}
    def test_b(self):
        note(self)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(30)

    def test_c(self):
        note(self)

class BTest(unittest.TestCase):
    def test_d(self):
        note(self)
"""
        )

    def has_lost_one_test(self, text):
        self.assertEqual(
            "52 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text), text
        )
        self.assertIn("CRASHED: test_death.ATest.test_b\nworker", text)
        self.assertIn("its Dask worker was lost", text)
        names = [name for name, *_ in self.notes()]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(53, len(names))

    def test_a_dask_worker_that_is_killed_loses_the_test_it_was_in_and_no_other(self):
        self.kills_its_dask_worker()
        self.has_lost_one_test(self.run_there(code=1))

    @unittest.skipUnless(can_hide(), "this user cannot hide a directory from a process")
    def test_it_does_not_either_where_the_coordinator_is_on_another_machine(self):
        self.kills_its_dask_worker()
        command = [*HIDING, sys.executable, "-m", "harness", "run"]
        done = subprocess.run(
            [*command, "--cluster", self.fleet.address],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        self.has_lost_one_test(done.stdout)

    def test_a_dask_worker_that_joins_meanwhile_gets_work(self):
        self.fleet.scale(1)
        self.addCleanup(self.fleet.scale, 2)
        wait = """
    def test(self):
        note(self)
        deadline = time.monotonic() + 30
        while len({line.split()[2] for line in Path("ran").read_text().splitlines()}) < 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
"""
        classes = "".join(f"class {name}Test(unittest.TestCase):{wait}\n" for name in "AB")
        self.write(test_join=NOTE + classes)
        run = self.start("run", "--cluster", self.fleet.address)
        self.await_notes(1)
        self.fleet.scale(2)
        output, _ = run.communicate(timeout=LONGEST)
        self.assertEqual(0, run.returncode, output)
        self.assertEqual("2 passed, 0 failed, 0 skipped", self.last_line(output))

    def await_notes(self, count):
        deadline = time.monotonic() + LONGEST
        while len(self.notes()) < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def sleeping(self):
        """Write two tests that take long, and start them."""
        self.write(
            test_long=NOTE
            + """
class ATest(unittest.TestCase):
    def test_a(self):
        note(self)
        self.addCleanup(note, self)
        time.sleep(60)

class BTest(ATest):
    pass
"""
        )
        run = self.start("run", "--cluster", self.fleet.address)
        self.addCleanup(run.stdout.close)
        self.await_notes(2)
        return run

    def test_an_interrupt_ends_what_runs_in_order(self):
        run = self.sleeping()
        run.send_signal(signal.SIGINT)
        output, _ = run.communicate(timeout=LONGEST)
        self.assertEqual(130, run.returncode, output)
        self.assertIn("0 passed, 0 failed, 0 skipped, 2 not run", output)

    def test_processes_end_when_the_coordinator_was_killed(self):
        run = self.sleeping()
        run.kill()
        run.wait()  # `leaves_nothing` sees to the rest

    def test_a_test_that_takes_too_long_is_ended_with_the_stacks_of_its_threads(self):
        self.write(
            test_slow=NOTE
            + """
class ATest(unittest.TestCase):
    def test_a(self):
        note(self)
        time.sleep(60)

    def test_b(self):
        note(self)
"""
        )
        text = self.run_there("--timeout", "0.3", code=1)
        self.assertEqual(
            "1 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )
        self.assertEqual(1, text.count("Timeout (0:00:00.300000)!"), text)
        self.assertIn("in test_a", text)

    def test_a_worker_with_another_version_gets_no_work_and_the_others_run_the_tests(self):
        old = Path(self.enterContext(tempfile.TemporaryDirectory()), "harness")
        old.mkdir()
        (old / "__init__.py").write_text(OLD)
        worker = self.fleet.join(PYTHONPATH=str(old.parent))
        self.addCleanup(self.fleet.part, worker)
        self.write(test_one="class ATest(unittest.TestCase):\n    def test(self): pass\n")
        text = self.run_there()
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertRegex(
            text,
            "harness: Dask worker tcp://.* gets no work: it has harness 0.0.9, Python 3.*; "
            "the run is of harness 0.[1-9]",
        )

    def test_where_nobody_has_the_code_of_the_run_it_is_incomplete(self):
        self.write(test_one="class ATest(unittest.TestCase):\n    def test(self): pass\n")
        other = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (other / "test_one.py").write_text("# something else\n")
        text = self.run_there(code=3, settings=[f"cluster_dir={other}", "cluster_timeout=0.5"])
        version = r"harness [\d.]+, Python 3.\d+, sources [0-9a-f]{16}"
        self.assertRegex(
            text,
            rf"harness: Dask worker tcp://\S+ gets no work: it has {version} "
            rf"\(test_one.py differs\); the run is of {version}\n",
        )
        self.assertIn("harness: none of the 2 Dask workers has the code of this run\n", text)


class AddressTest(RunnerTest):
    def test_an_address_at_which_nobody_answers_is_told_within_its_time(self):
        text = self.run_suite(
            "--cluster", "tcp://127.0.0.1:9", code=3, settings=["cluster_timeout=0.5"]
        )
        self.assertIn("harness: no Dask scheduler answers at tcp://127.0.0.1:9: ", text)

    def test_an_encrypted_connection_needs_certificates(self):
        text = self.run_suite("--cluster", "tls://127.0.0.1:9", code=3)
        self.assertIn(
            "no connection to tls://127.0.0.1:9: Dask's configuration names no certificates\n"
            "  next: set distributed.comm.tls.ca-file, client.cert and client.key there, or "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on\n",
            text,
        )

    def test_a_missing_library_is_told_before_the_run(self):
        (self.root / "distributed.py").write_text("raise ImportError\n")
        text = self.run_suite("--cluster", "tcp://127.0.0.1:9", code=2)
        self.assertEqual(
            "harness: Dask's scheduler distributed is not installed\n"
            '  next: pip install "unittest-harness[cluster]"\n',
            text,
        )

    def test_what_is_no_address_is_refused(self):
        text = self.run_suite("--cluster", "nonsense", code=2)
        self.assertEqual(
            "harness: --cluster nonsense: expected the address of a scheduler\n"
            "  next: write --cluster tcp://HOST:8786, or --cluster local\n",
            text,
        )
