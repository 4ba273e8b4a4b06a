"""What a report tells of a run as a whole."""

from __future__ import annotations

from harness.report.history.facts import Facts


def properties_of(facts: Facts) -> dict[str, str]:
    """Return what is known of a run, by name.

    Example:
        >>> properties_of(Facts(seed=7, workers=2, revision="1f2e", dirty=True, shard=(1, 2)))
        {'seed': '7', 'commit': '1f2e, changed', 'shard': '1/2', 'workers': '2'}
    """
    changed = ", changed" if facts.dirty else ""
    known = {
        "seed": facts.seed,
        "commit": facts.revision and f"{facts.revision}{changed}",
        "shard": facts.shard and "/".join(map(str, facts.shard)),
        "workers": facts.workers,
        "order": facts.order,
        "python": facts.python,
        "platform": facts.platform,
    }
    return {name: str(value) for name, value in known.items() if value is not None}
