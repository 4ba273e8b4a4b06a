"""A platform of CI: how what is printed there folds, and where it shows what has failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from harness.core.settings_values import CI_PLATFORMS

if TYPE_CHECKING:
    from harness.report.account import Account

AUTO, GITHUB, GITLAB, _ = CI_PLATFORMS


class Platform(Protocol):
    """What reads the output of a run."""

    def foreign(self, text: str) -> str:
        """Return a text that is not ours, such that nothing in it is obeyed."""

    def folded(self, title: str, text: str) -> str:
        """Return a text that is read by few, below its title."""

    def path_of(self, file: str) -> str:
        """Return the path of a file that is kept, as a report names it here."""

    def too_large(self, size: int) -> str:
        """Return why a JUnit file of so many bytes is not read; empty if it is."""

    def tell(self, account: Callable[[], Account]) -> list[str]:
        """Tell what a run has come to, where the platform shows it; return lines to print.

        Args:
            account: Returns what that is.
        """


class Terminal:
    """No platform: people read what is printed."""

    def foreign(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def folded(self, title: str, text: str) -> str:
        """Return the text below its title."""
        return f"{title}\n{text}"

    def path_of(self, file: str) -> str:
        """Return its whole path."""
        return file

    def too_large(self, size: int) -> str:
        """Return nothing: nobody reads it here."""
        return ""

    def tell(self, account: Callable[[], Account]) -> list[str]:
        """Tell nothing."""
        return []


def platform_of(chosen: str, environ: Mapping[str, str]) -> Platform:
    """Return the platform of CI that a run is on.

    Args:
        chosen: One of `CI_PLATFORMS`.
        environ: Environment variables, by which platforms can be told.
    """
    if chosen == GITHUB or (chosen == AUTO and environ.get("GITHUB_ACTIONS") == "true"):
        from harness.report.platforms.github import GitHub

        return GitHub(environ.get("GITHUB_STEP_SUMMARY", ""))
    if chosen == GITLAB or (chosen == AUTO and environ.get("GITLAB_CI") == "true"):
        from harness.report.platforms.gitlab import GitLab

        return GitLab(environ.get("CI_PROJECT_DIR", ""))
    return Terminal()
