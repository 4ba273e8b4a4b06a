"""`python -m tests.benchmarks [NAME...]`: run all benchmarks, or those named."""

from __future__ import annotations

import platform
import sys

from harness import HarnessError
from tests.benchmarks import imports, inserts, isolations, large, overhead, sets, sharing, starts

BENCHMARKS = {
    "inserts": inserts.main,
    "sets": sets.main,
    "imports": imports.main,
    "starts": starts.main,
    "sharing": sharing.main,
    "isolations": isolations.main,
    "large": large.main,
    "overhead": overhead.main,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return the exit code."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, medians")
    for name in names or BENCHMARKS:
        try:
            BENCHMARKS[name]()
        except HarnessError as error:
            print(f"\n{name}: not measured\n  {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
