"""Which settings of the coordinator's go to the machines of a cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from harness.core.settings_table import OPTIONS

TRAVELLING = (  # what decides what tests do; not what is of one machine, or of the coordinator
    "providers",
    "require",
    "fault_proxy",
    "store",
    "seed",
    "start_timeout",
    "build_timeout",
    "artifacts",
)


def travelling(environ: Mapping[str, str], seed: int) -> dict[str, str]:
    """Return the variables of the environment that every worker of a run is to have.

    Addresses with passwords, such as `DATABASE_URL`, are not among them: each machine has its own.

    Args:
        environ: The environment here.
        seed: The seed of the run.

    Example:
        >>> travelling({"HARNESS_STORE": "sqlite", "DATABASE_URL": "postgresql://a:b@c"}, 7)
        {'HARNESS_STORE': 'sqlite', 'TEST_SEED': '7'}
    """
    known = [OPTIONS[name].environment for name in TRAVELLING]
    return {name: environ[name] for name in known if name in environ} | {"TEST_SEED": str(seed)}


def interpreter() -> list[str]:
    """Return the options of this interpreter that decide what tests do: `-b`, `-W`, `-X`."""
    bytes_ = [f"-{'b' * sys.flags.bytes_warning}"] if sys.flags.bytes_warning else []
    warnings = [f"-W{option}" for option in sys.warnoptions]
    others = [
        f"-X{name}" if value is True else f"-X{name}={value}"
        for name, value in sys._xoptions.items()
    ]
    return bytes_ + warnings + others
