"""Which settings of the coordinator's go to the machines of a cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from harness.core.settings import OPTIONS

AT_HOME = (  # what is of one machine: its paths, its servers, what it may keep
    "images",
    "data_dir",
    "cache_dir",
    "state_dir",
    "allow_remote",
    "reuse",
    "reuse_ttl",
    "keep_templates",
    "max_orphans",
    "capacity",  # what follows is the coordinator's business
    "memory",
    "ci_platform",
    "cluster_timeout",
    "cluster_dir",
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
    chosen = [option for name, option in OPTIONS.items() if name not in AT_HOME]
    known = [option.environment for option in chosen]
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
