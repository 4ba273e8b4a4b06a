"""The fault proxy as a process: `python -m harness.faults.server HOST PORT SEED`.

`harness toxiproxy` is the same for people; this starts sooner.
"""

from __future__ import annotations

import sys

from harness.errors import MissingExtraError
from harness.faults.server.errors import ApiError
from harness.faults.server.run import run

if __name__ == "__main__":
    host, port, seed = sys.argv[1:]
    try:
        run(host, int(port), int(seed))
    except (ApiError, MissingExtraError) as error:
        sys.exit(str(error))
