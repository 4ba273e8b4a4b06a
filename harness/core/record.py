"""Values with named parts, of which a run has some with dozens."""

from __future__ import annotations

from typing import Any, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A value whose parts are annotated in its class, as those of a frozen data class.

    A data class writes its methods as text and compiles that: three milliseconds of each start for
    one of thirty parts. Of a class of these, nothing is made but the class.

    Args:
        parts: The parts; one that is left out has the value that its class has.

    Raises:
        TypeError: There is no such part.

    Example:
        >>> class Size(Record):
        ...     width: int
        ...     height: int = 1
        >>> Size(width=3).height
        1
    """

    def __init__(self, **parts: Any) -> None:
        unknown = parts.keys() - type(self).__annotations__.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        vars(self).update(parts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: it does not change")
