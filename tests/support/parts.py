"""What tests put into a registry; quick to import, for the many processes that they start."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.registry.claim import Claim

IDENTIFIER = "0a1b2c3d"
ABOUT = {"service": "fake", "provider": "nowhere", "description": "a fake"}


def made(claim: Claim) -> Path:
    """Make a directory for an instance, written down before; return it."""
    path = Path(claim.registry.path).parent / f"made-{claim.instance}"
    claim.intend("directory", path=str(path))
    path.mkdir()
    return path


def launch(*command: str, **fields: Any) -> Launch:
    """Return how to launch a server that runs a command."""
    given = {
        "endpoint": Endpoint("127.0.0.1", 1),
        "provenance": command[0],
        "account": Account(),
        "stop_signal": signal.SIGTERM,
        "environment": {"PATH": os.environ["PATH"]},
        **fields,
    }
    return Launch(command, **given)
