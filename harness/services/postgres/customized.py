"""Settings that a test makes up: once made, no statement takes one out of its session again.

Source: https://www.postgresql.org/docs/current/runtime-config-custom.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from harness.services.postgres.names import literal

MADE = re.compile(
    r'\bset_config\b|\bset\s+(?:(?:session|local)\s+)?(?:\w+|"[^"]+")\s*\.', re.IGNORECASE
)
# The names that functions of the user's may set, as far as their bodies spell them.
IN_FUNCTIONS = r"""
select distinct lower(m[1]) from pg_proc p, regexp_matches(p.prosrc,
    '(?:set_config\s*\(\s*''|\mset\s+(?:session\s+|local\s+)?)(\w+\.\w+)', 'gi') m
where p.oid >= 16384
"""


def makes_setting(sql: str) -> bool:
    """Tell whether a statement may make up a setting.

    Example:
        >>> makes_setting("set local shop.user = '7'"), makes_setting("set work_mem = '1MB'")
        (True, False)
    """
    return MADE.search(sql) is not None


def settings_in_functions(session: Any) -> list[str]:
    """Return the settings that the functions of a database may make up."""
    return [name for (name,) in session.execute_simple(IN_FUNCTIONS).rows]


def are_unknown(session: Any, names: Iterable[str]) -> bool:
    """Tell whether a session knows none of these settings: to it, each is null."""
    known = [f"current_setting({literal(name)}, true) is not null" for name in names]
    return not known or not session.execute_simple(f"select {' or '.join(known)}").rows[0][0]
