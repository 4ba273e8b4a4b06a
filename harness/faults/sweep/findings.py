"""What a sweep has found, as its reader sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.faults.sweep.points import REQUEST, SIDES, Point
from harness.faults.sweep.trace import Step, Trace

LONGEST = 12  # steps of the clean run that are shown around a finding


@dataclass(frozen=True)
class Finding:
    """A point at which the invariant does not hold.

    Attributes:
        number: Which of the points it is.
        point: What was lost.
        step: What that is in the clean run.
        outcome: What became of the action.
        error: What the check said.
    """

    number: int
    point: Point
    step: Step
    outcome: str
    error: AssertionError

    def follows(self, other: Finding) -> bool:
        """Tell whether it says the same as the one before it, of the next point."""
        return (
            self.number == other.number + 1
            and self.point.connection == other.point.connection
            and (self.outcome, str(self.error)) == (other.outcome, str(other.error))
        )


def merged(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return findings with those in one group that say the same of neighbouring points."""
    groups: list[list[Finding]] = []
    for finding in findings:
        if groups and finding.follows(groups[-1][-1]):
            groups[-1].append(finding)
        else:
            groups.append([finding])
    return groups


def report(
    findings: Sequence[Finding], tried: int, unit: str, traces: Sequence[Trace], label: str
) -> str:
    """Return what is said of them.

    Args:
        findings: At least one.
        tried: How many points there were.
        unit: `turn` or `message`.
        traces: The clean run, for each connection.
        label: The service.
    """
    groups = merged(findings)
    lines = [f"the check fails at {len(findings)} of {tried} losses on {label}"]
    for group in groups:
        lines += ["", *told(group, unit)]
    for number in sorted({finding.point.connection for finding in findings}):
        hit = {(each.point.side, each.point.index) for each in findings}
        lines += ["", f"the clean run, connection {number}, by {unit}:"]
        lines += clean_run(traces[number - 1], hit)
    return "\n".join(lines)


def told(group: Sequence[Finding], unit: str) -> list[str]:
    """Return the lines on one group of findings."""
    first, last = group[0], group[-1]
    lines = [f"lost: {place(first, unit)}"]
    if len(group) > 1:
        lines.append(f"  to: {place(last, unit)}, {len(group)} losses in a row")
    message = str(first.error).splitlines() or [type(first.error).__name__]
    return [
        *lines,
        f"then {first.outcome}, and the check says",
        *(f"    {line}" for line in message),
        f'repeat with only="{first.point}"',
    ]


def place(finding: Finding, unit: str) -> str:
    """Return what was lost, such as `response of turn 9 'commit'`."""
    point = finding.point
    return f"{point.side} of {unit} {point.index} {finding.step}, connection {point.connection}"


def clean_run(trace: Trace, hit: set[tuple[str, int]]) -> list[str]:
    """Return a line for each step, with a mark at those that were lost when it failed.

    A turn is one line. Of messages, each answer has its own: it is numbered by itself.
    """
    lines = []
    answered = {id(step.of) for step in trace}
    for step in [step for step in trace if step.of is None]:
        sides = SIDES if id(step) in answered else (step.side,)
        marks = [side for side in sides if (side, step.index) in hit]
        mark = f"  <- {' and '.join(marks)} lost" if marks else ""
        indent = "" if step.side == REQUEST else "  "
        lines.append(f"  {indent}{step.index:>3} {step}{mark}")
    return shortened(lines)


def shortened(lines: list[str]) -> list[str]:
    """Return lines without those that are far from a mark, if there are many."""
    if len(lines) <= LONGEST:
        return lines
    near = {
        number + offset
        for number, line in enumerate(lines)
        if "<-" in line
        for offset in range(-2, 3)
    } | {0, len(lines) - 1}
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number in near:
            shown.append(line)
        elif shown[-1] != "  ...":
            shown.append("  ...")
    return shown
