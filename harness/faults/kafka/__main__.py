"""The relay as a process: `python -m harness.faults.kafka HOST PORT`."""

from __future__ import annotations

import asyncio
import sys

from harness.faults.kafka.relay import serve

if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
