"""From nothing to the first query's answer, in this process: prints the seconds, or why not.

Run as a module in a fresh process; the settings come from its environment.
"""

from __future__ import annotations

import json
import time


def main() -> None:
    """Measure and print, as JSON."""
    start = time.perf_counter()
    from harness import Environment, HarnessError, Postgres

    try:
        with Environment() as environment, environment.lease(Postgres()) as db:
            db.value("select 1")
            outcome: dict[str, object] = {"seconds": time.perf_counter() - start}
    except HarnessError as error:
        outcome = {"reason": str(error)}
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
