"""`python -m tests.foreign [NAME...]`: run all suites, or those named, and compare."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.foreign.compare import differences, of_reference, of_report
from tests.foreign.suites import SUITES, Suite, variables

WAYS = (("-n", "1"), ("-n", "2"))
ENDED = re.compile(r"(\S+) \.\.\. (?:passed|failed|error|skipped|crashed|un?expected \w+)$", re.M)
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

    def reference(self, name: str, order: Path | None = None) -> dict[str, str]:
        """Return what unittest says of each test, in the order of the lines of a file."""
        report = self._place / f"{name}.json"
        chosen = {"FOREIGN_ORDER": str(order)} if order else {}
        command = ["-m", "tests.foreign.reference", str(report), *self._suite.arguments()]
        text = self._run(name, command, **chosen)
        if not report.exists():
            raise SystemExit(f"unittest itself has not come to an end\n{text[-2000:]}")
        return of_reference(report)

    def ours(self, name: str, *way: str) -> tuple[dict[str, str], str]:
        """Return what `harness run` says of each test, and what it printed."""
        report = self._place / f"{name}.xml"
        command = ["run", *way, "--junit", str(report), *self._suite.arguments()]
        text = self._run(name, ["-m", "harness", *command])
        return (of_report(report) if report.exists() else {}), text

    def compare(self, what: str, expected: dict[str, str], found: dict[str, str]) -> None:
        """Print how two runs differ."""
        told = list(differences(expected, found, self._suite))
        self.wrong += len(told)
        counts = f"{len(found)} tests, {len(told)} differences"
        print(f"  {what}: {counts}", *told, sep="\n    ", flush=True)

    def _run(self, name: str, command: list[str], **chosen: str) -> str:
        """Run a command in a directory of its own, and return what it has printed."""
        work = self._place / f"{name}.work"
        work.mkdir()
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


def check(name: str, suite: Suite) -> int:
    """Run a suite in each way, print how they compare, and return the number of differences."""
    with tempfile.TemporaryDirectory() as directory:
        comparison = Comparison(suite, Path(directory))
        expected = comparison.reference("reference")
        print(f"{name}: {len(expected)} tests", flush=True)
        for way in WAYS:
            found, _ = comparison.ours("".join(way), *way)
            comparison.compare(" ".join(way), expected, found)
        shuffled(comparison, Path(directory, "order"))
        return comparison.wrong


def shuffled(comparison: Comparison, order: Path) -> None:
    """Run a suite in another order, and by unittest in just that order."""
    found, text = comparison.ours("shuffled", "-v", *comparison.shuffle)
    ran = [line for line in ENDED.findall(text) if line in found]
    ran += [name for name in found if name not in set(ran)]
    order.write_text("\n".join(ran) + "\n", encoding="utf-8")
    expected = comparison.reference("reference-shuffled", order)
    comparison.compare(" ".join(comparison.shuffle), expected, found)


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
