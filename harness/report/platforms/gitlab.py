"""GitLab CI: sections of a job's log that fold.

What has failed it reads from the JUnit report. A report on code quality would say the same again,
as if a failing test were a matter of style.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core import realtime as time

if TYPE_CHECKING:
    from harness.report.account import Account

LINE = "\r\x1b[0K"  # after a mark: nobody sees it


class GitLab:
    """GitLab CI."""

    def __init__(self) -> None:
        self._sections = itertools.count(1)

    def foreign(self, text: str) -> str:
        """Return the text as it is: there is nothing that GitLab obeys but sections."""
        return text

    def folded(self, title: str, text: str) -> str:
        """Return the text as a section that is folded."""
        name, now = f"harness_{next(self._sections)}", int(time.time())
        begin = f"\x1b[0Ksection_start:{now}:{name}[collapsed=true]{LINE}{title}"
        return f"{begin}\n{text}\n\x1b[0Ksection_end:{now}:{name}{LINE}"

    def tell(self, account: Callable[[], Account]) -> list[str]:
        """Tell nothing: GitLab reads the JUnit report."""
        return []
