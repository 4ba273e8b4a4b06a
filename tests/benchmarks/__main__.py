"""`python -m tests.benchmarks [NAME...]`: run all benchmarks, or those named.

`bulk=100000` loads that many rows, and not the ten million of `bulk`; `fleet=10000` is a run of
that many tests.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable

from harness import HarnessError
from tests.benchmarks import (
    bulk,
    files,
    fleet,
    imports,
    inserts,
    isolations,
    kafka,
    keeping,
    large,
    overhead,
    proxy,
    runner,
    sets,
    shards,
    sharing,
    starts,
)

BENCHMARKS: dict[str, Callable[..., None]] = {
    "inserts": inserts.main,
    "sets": sets.main,
    "imports": imports.main,
    "starts": starts.main,
    "sharing": sharing.main,
    "isolations": isolations.main,
    "large": large.main,
    "files": files.main,
    "overhead": overhead.main,
    "proxy": proxy.main,
    "kafka": kafka.main,
    "shards": shards.main,
    "bulk": bulk.main,
    "runner": runner.main,
    "fleet": fleet.main,
    "keeping": keeping.main,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return the exit code."""
    chosen = [name.partition("=") for name in names or BENCHMARKS]
    unknown = [name for name, _, _ in chosen if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, medians")
    for name, _, count in chosen:
        try:
            BENCHMARKS[name](*[int(count)] if count else [])
        except HarnessError as error:
            print(f"\n{name}: not measured\n  {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
