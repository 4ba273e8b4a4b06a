"""`python -m tests.foreign [NAME...]`: run all suites, or those named, and compare."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.foreign.compare import Outcomes, differences, of_reference, of_report
from tests.foreign.suites import SUITES, Suite, variables

WAYS = (("-n", "1"), ("-n", "2"))
ENDED = re.compile(r"(\S+) \.\.\. (?:passed|failed|error|skipped|crashed|un?expected \w+)$", re.M)
TRIES = 3  # before a test is said to differ: some have limits of time that a busy machine breaks
LONGEST = 900  # seconds of one run of a suite


class Comparison:
    """The runs of one suite.

    Args:
        suite: The suite.
        place: Directory for reports, and for the runs to work in.

    Attributes:
        shuffle: The options of a run in another order.
        wrong: How many differences there were.
    """

    def __init__(self, suite: Suite, place: Path) -> None:
        self.wrong = 0
        self.shuffle = ("-n", "1", "--order", "shuffle", "--seed", str(suite.seed))
        self._suite = suite
        self._place = place

    def reference(self, name: str, order: Path | None = None) -> Outcomes:
        """Return what unittest says of each test, in the order of the lines of a file."""
        report = self._place / f"{name}.json"
        chosen = {"FOREIGN_ORDER": str(order)} if order else {}
        command = ["-m", "tests.foreign.reference", str(report), *self._suite.arguments()]
        text = self._run(name, command, **chosen)
        if not report.exists():
            raise SystemExit(f"unittest itself has not come to an end\n{text[-2000:]}")
        return of_reference(report)

    def ours(self, name: str, *way: str) -> tuple[Outcomes, str]:
        """Return what `harness run` says of each test, and what it printed."""
        report = self._place / f"{name}.xml"
        command = ["run", *way, "--junit", str(report), *self._suite.arguments()]
        text = self._run(name, ["-m", "harness", *command])
        return (of_report(report) if report.exists() else {}), text

    def compare(self, what: str, pair: Callable[[int], tuple[Outcomes, Outcomes]]) -> None:
        """Print how two runs differ: a test that is not always the same is given another chance.

        Args:
            what: What is compared.
            pair: Runs unittest and harness, for the first or for another time.
        """
        pairs = [pair(0)]
        first = told = list(differences(*zip(*pairs, strict=True)))
        while told and len(pairs) < TRIES:
            pairs.append(pair(len(pairs)))
            told = list(differences(*zip(*pairs, strict=True)))
        self.wrong += len(told)
        counts = f"{len(pairs[0][1])} tests, {len(told)} differences"
        unsteady = f", and {len(first) - len(told)} not every time" if len(pairs) > 1 else ""
        print(f"  {what}: {counts}{unsteady}", *told, sep="\n    ", flush=True)

    def _run(self, name: str, command: list[str], **chosen: str) -> str:
        """Run a command in a directory of its own, and return what it has printed."""
        work = self._place / f"{name}.work"
        work.mkdir()
        with mode_kept(os.devnull):
            done = subprocess.run(
                [sys.executable, *command],
                cwd=work,
                env={**variables(), **chosen},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=LONGEST,
                check=False,
            )
        return done.stdout


@contextlib.contextmanager
def mode_kept(path: str) -> Iterator[None]:
    """Give a file its mode back: a test of Twisted's lets nobody but root write /dev/null."""
    before = stat.S_IMODE(os.stat(path).st_mode)
    try:
        yield
    finally:
        if stat.S_IMODE(os.stat(path).st_mode) != before:
            os.chmod(path, before)


def check(name: str, suite: Suite) -> int:
    """Run a suite in each way, print how they compare, and return the number of differences."""
    with tempfile.TemporaryDirectory() as directory:
        comparison = Comparison(suite, Path(directory))
        references: list[Outcomes] = []

        def pair(way: tuple[str, ...], again: int) -> tuple[Outcomes, Outcomes]:
            if again == len(references):
                references.append(comparison.reference(f"reference{again}"))
            return references[again], comparison.ours(f"{again}{''.join(way)}", *way)[0]

        print(name, flush=True)
        for way in WAYS:
            comparison.compare(" ".join(way), partial(pair, way))
        comparison.compare(" ".join(comparison.shuffle), partial(shuffled, comparison, directory))
        return comparison.wrong


def shuffled(comparison: Comparison, directory: str, again: int) -> tuple[Outcomes, Outcomes]:
    """Run a suite in another order, and by unittest in just that order."""
    found, text = comparison.ours(f"shuffled{again}", "-v", *comparison.shuffle)
    ran = dict.fromkeys(line for line in ENDED.findall(text) if line in found)
    order = Path(directory, f"order{again}")
    order.write_text("\n".join({**ran, **found}) + "\n", encoding="utf-8")
    return comparison.reference(f"shuffled-reference{again}", order), found


def main(names: list[str]) -> int:
    """Compare the named suites, or all; return the exit code."""
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
        return 2
    wrong = 0
    for name in names or SUITES:
        missing = SUITES[name].missing()
        if missing:
            print(f"{name}: {missing} is not installed")
            wrong += 1
        else:
            wrong += check(name, SUITES[name])
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
