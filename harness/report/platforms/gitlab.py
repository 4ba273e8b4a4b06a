"""GitLab CI: sections of a job's log that fold.

What has failed it reads from the JUnit report. A report on code quality would say the same again,
as if a failing test were a matter of style.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import realtime as time

if TYPE_CHECKING:
    from harness.report.account import Account

REPORT = 30 << 20  # bytes of a JUnit file
LINE = "\r\x1b[0K"  # after a mark: nobody sees it


class GitLab:
    """GitLab CI.

    Args:
        project: The directory of the project; empty if that is not known.
    """

    def __init__(self, project: str = "") -> None:
        self._project = project
        self._sections = itertools.count(1)

    def foreign(self, text: str) -> str:
        """Return the text as it is: there is nothing that GitLab obeys but sections."""
        return text

    def folded(self, title: str, text: str) -> str:
        """Return the text as a section that is folded."""
        name, now = f"harness_{next(self._sections)}", int(time.time())
        begin = f"\x1b[0Ksection_start:{now}:{name}[collapsed=true]{LINE}{title}"
        return f"{begin}\n{text}\n\x1b[0Ksection_end:{now}:{name}{LINE}"

    def path_of(self, file: str) -> str:
        """Return its path below the project, by which GitLab finds it among the artifacts."""
        path = Path(file)
        below = self._project and path.is_relative_to(self._project)
        return str(path.relative_to(self._project)) if below else file

    def too_large(self, size: int) -> str:
        """Return why a JUnit file of so many bytes is not read; empty if it is."""
        if size <= REPORT:
            return ""
        return f"GitLab does not read a JUnit file of {size >> 20} MiB; it takes {REPORT >> 20}"

    def tell(self, account: Callable[[], Account]) -> list[str]:
        """Tell nothing: GitLab reads the JUnit report."""
        return []
