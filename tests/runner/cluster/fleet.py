"""A Dask cluster to run tests on, in a process of its own, which ends with its owner."""

import json
import logging
import os
import subprocess
import sys
import time

LONGEST = 30  # seconds


class Fleet:
    """A scheduler and its workers.

    Args:
        workers: How many there are at first.
    """

    def __init__(self, workers):
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.address = self._answer()
        self._others = []

    def _answer(self):
        return json.loads(self._process.stdout.readline())

    def _ask(self, word, *values):
        self._process.stdin.write(json.dumps([word, *values]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def scale(self, workers):
        """Have so many workers; return when they are there."""
        self._ask("scale", workers)

    def pids(self):
        """Return the processes of the workers."""
        return self._ask("pids")

    def join(self, **environ):
        """Start a worker with an environment of its own; return it when it is there."""
        before = self._ask("count")
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address]
        worker = subprocess.Popen(
            [*command, "--no-nanny", "--no-dashboard", "--nthreads", "1"],
            cwd="/",
            env={**os.environ, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._others.append(worker)
        deadline = time.monotonic() + LONGEST
        while self._ask("count") == before and time.monotonic() < deadline:
            time.sleep(0.02)
        return worker

    def part(self, worker):
        """End a worker that has joined."""
        self._others.remove(worker)
        worker.kill()
        worker.wait()

    def close(self):
        """End all of them."""
        for worker in list(self._others):
            self.part(worker)
        self._process.stdin.close()
        self._process.wait(LONGEST)
        self._process.stdout.close()


def serve(workers):
    """Be the cluster, until nobody asks any more."""
    import dask
    import distributed

    from harness.runner.cluster.connection import CONFIG

    with (
        answers() as ours,
        dask.config.set(CONFIG),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL + 1,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        say(ours, cluster.scheduler_address)
        for line in sys.stdin:
            word, *values = json.loads(line)
            if word == "scale":
                cluster.scale(*values)
                wait_for(client, *values)
            found = client.scheduler_info()["workers"]
            say(ours, list(client.run(os.getpid).values()) if word == "pids" else len(found))


def wait_for(client, workers):
    """Wait until there are so many workers."""
    deadline = time.monotonic() + LONGEST
    while len(client.scheduler_info()["workers"]) != workers and time.monotonic() < deadline:
        time.sleep(0.02)


def answers():
    """Return the standard output, in the place of which the standard error is.

    What tests print on the cluster's workers is no answer.
    """
    ours = open(os.dup(1), "w")  # noqa: SIM115 - whoever asked closes it
    os.dup2(2, 1)
    return ours


def say(ours, what):
    """Answer."""
    print(json.dumps(what), file=ours, flush=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
