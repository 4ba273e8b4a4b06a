"""Changes a project at random, a line or a file, and compares what is chosen with what fails.

Run as a program in the project, which is under git: each mutant is loaded and run in a process of
its own, forked from this one.
"""

import io
import json
import os
import random
import re
import sys
import traceback
import unittest
from pathlib import Path

import harness.adapters.unittest  # noqa: F401 - once, before there are forks
from harness.core.settings import Settings
from harness.runner.changes.reach import reach_of
from harness.runner.choice import choice_of
from harness.runner.options import Options
from harness.runner.selection import Selection

CHANGES = (  # what a line is changed into, where that makes a difference
    (r"\d+", lambda match: str(int(match[0]) + 1)),
    (r" \+ ", lambda match: " - "),
    (r" \* ", lambda match: " + "),
    (r"'(\w+)'", lambda match: f"'{match[1]}_'"),
    (r"return (.*)", lambda match: "return None"),
    (r"^(\s*)(?=\S).*", lambda match: f"{match[1]}pass"),
    (r".*", lambda match: ""),
)
GONE = 0.1  # how often it is the whole file that goes


def mutated(text: str, rng: random.Random) -> str:
    """Return a text with one line changed."""
    lines = text.split("\n")
    while True:
        at = rng.choice([number for number, line in enumerate(lines) if line.strip()])
        pattern, change = rng.choice(CHANGES)
        line = re.sub(pattern, change, lines[at], count=1)
        if line != lines[at]:
            return "\n".join([*lines[:at], line, *lines[at + 1 :]])


def verdict() -> dict[str, list[str]]:
    """Return which tests are chosen for the change that is there, and which fail."""
    settings = Settings.read(Path.cwd(), environ={})
    reach = reach_of("HEAD", Selection(), settings)
    choice = choice_of(Options(reach=reach))
    chosen = [name for unit in choice.units for name in unit.names]
    result = unittest.TestResult()
    for unit in choice_of(Options()).units:
        (unit.suite or unittest.TestSuite(unit.tests)).run(result)
    failed = {test.id() for test, _ in [*result.failures, *result.errors]}
    return {"chosen": chosen, "failed": sorted(failed)}


def in_a_fork() -> dict[str, list[str]]:
    """Return the verdict of a process of its own, in which nothing is imported yet."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        with os.fdopen(theirs, "w") as file:
            try:
                sys.__stderr__ = io.StringIO()  # where harness says what it has chosen
                sys.path.insert(0, os.getcwd())
                json.dump(verdict(), file)
            except BaseException:
                traceback.print_exc()
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def main(seed: int, count: int) -> None:
    """Print a line of JSON for each of some mutants."""
    rng = random.Random(seed)
    sys.dont_write_bytecode = True  # two writes within a second would look like one
    files = sorted(
        path for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts
    )
    for _ in range(count):
        path = rng.choice([each for each in files if each.stat().st_size])
        before = path.read_text()
        text = mutated(before, rng) if rng.random() > GONE else None
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
        change = {"file": str(path), "text": text}
        print(json.dumps({**change, **in_a_fork()}), flush=True)
        path.write_text(before)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
