"""Declared values, such as services, as an error shows them."""

from __future__ import annotations

import dataclasses
from typing import Any


def declaration(value: Any) -> str:
    """Write a dataclass as it was declared: its type and the options that are not defaults."""
    options = (
        f"{option.name}={getattr(value, option.name)!r}"
        for option in dataclasses.fields(value)
        if getattr(value, option.name) != default_of(option)
    )
    return f"{type(value).__name__}({', '.join(options)})"


def default_of(option: dataclasses.Field[Any]) -> Any:
    """Return the default of an option."""
    if option.default_factory is not dataclasses.MISSING:
        return option.default_factory()
    return option.default
