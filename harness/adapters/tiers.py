"""The tier of a test class, and what becomes of one that is not chosen."""

from __future__ import annotations

import inspect

from harness.adapters.declared import services_of
from harness.core.settings import Settings
from harness.core.skips import skips
from harness.core.tiers import INTEGRATION, UNIT, check_tier

ATTRIBUTE = "tier"


def tier_of_class(case: type) -> str:
    """Return the tier of a test class: what it says or inherits, else what its services say.

    Raises:
        ConfigurationError: It says what is no tier.
    """
    said = getattr(case, ATTRIBUTE, None)
    if said is None:
        return INTEGRATION if services_of(case) else UNIT
    return check_tier(said, f"{case.__qualname__}.{ATTRIBUTE}")


def check_class(case: type) -> None:
    """Do nothing for a class whose own tier is one, or that has none of its own.

    Raises:
        ConfigurationError: It is none.
    """
    said = vars(case).get(ATTRIBUTE)
    if said is not None:
        check_tier(said, f"{case.__qualname__}.{ATTRIBUTE}")


def reason_to_skip(case: type, settings: Settings) -> str | None:
    """Return why the tests of a class are not run: another tier was chosen; or None."""
    if not settings.tiers or tier_of_class(case) in settings.tiers:
        return None
    chosen, source = ",".join(settings.tiers), settings.sources["tiers"]
    return f"tier {tier_of_class(case)} is not chosen (tiers = {chosen}, set by {source})"


class NotChosen:
    """What `unittest` asks a class for before it sets it up, answered when it is asked.

    A class of a tier that was not chosen is then as one with `@unittest.skip`: nothing of it runs,
    and each test is reported as skipped. The settings are not read when the class is made.

    Args:
        reason: Whether it is asked for the reason; else for whether to skip.
    """

    def __init__(self, *, reason: bool) -> None:
        self._reason = reason

    def __get__(self, case: object, owner: type) -> str | bool:
        why = self._why(owner)
        return (why or "") if self._reason else why is not None

    def _why(self, owner: type) -> str | None:
        try:
            return reason_to_skip(owner, owner._harness_environment().settings)  # type: ignore[attr-defined]
        except Exception:
            return None  # told for each test, where it ends neither the class nor the suite


def note_not_chosen(case: type) -> None:
    """Note that a test is skipped because of its class's tier, if that is why it is."""
    flag = inspect.getattr_static(case, "__unittest_skip__", None)
    if isinstance(flag, NotChosen) and flag.__get__(None, case):
        skips.note(str(getattr(case, "__unittest_skip_why__", "")))
