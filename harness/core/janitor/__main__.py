"""The janitor: `python -I -S __main__.py REGISTRY`, its listening socket as descriptor 3.

It imports only what it needs, so that it starts in milliseconds and stays small.
"""

import os
import sys

LISTENER = 3

if __name__ == "__main__":
    os.closerange(LISTENER + 1, 1 << 16)  # a pipe of our parent's must not stay open
    sys.path.insert(0, __file__.rpartition("/harness/core/janitor/")[0])

    from harness.core.janitor.janitor import Janitor

    Janitor(sys.argv[1], LISTENER).run()
