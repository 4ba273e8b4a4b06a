"""From nothing to the first record that is read, in this process: prints the seconds, or why not.

Run as a module in a fresh process; the settings come from its environment.
"""

from __future__ import annotations

import json
import time


def main() -> None:
    """Measure and print, as JSON."""
    start = time.perf_counter()
    from harness import Environment, HarnessError, Kafka

    try:
        with Environment() as environment, environment.lease(Kafka()) as events:
            topic = events.topic("first")
            events.produce(topic, "x")
            assert len(events.records(topic)) == 1
            outcome: dict[str, object] = {"seconds": time.perf_counter() - start}
    except HarnessError as error:
        outcome = {"reason": str(error)}
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
