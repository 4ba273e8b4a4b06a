"""What was written to a database since a moment."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from harness.services.postgres.commit.damage import (
    Damage,
    damage_found,
    damage_told,
    dirty_tables,
    reread,
    tables_named,
)
from harness.services.postgres.commit.inspector import Inspector, Survey
from harness.services.postgres.commit.pristine import Pristine, Table
from harness.services.postgres.commit.repair import State
from harness.services.postgres.commit.source import Source
from harness.services.postgres.commit.wal import FARTHEST, FARTHEST_MARK, Writes
from harness.services.postgres.names import shown


@dataclass(frozen=True)
class Mark:
    """A moment in a test.

    Attributes:
        survey: Where the server stood.
        tables: The tables as they were; None where the log tells what was written since.
    """

    survey: Survey
    tables: list[Table] | None


class Changes:
    """Tells what was written to one database, by the log where it can be read, else by looking.

    Args:
        inspector: The session by which to look.
        source: What the database is a clone of.
    """

    def __init__(self, inspector: Inspector, source: Source) -> None:
        self._inspector = inspector
        self._source = source
        self._counted: tuple[Pristine, Pristine] | None = None  # the last, without and with counts

    def damage(self, state: State, survey: Survey) -> Damage:
        """Return what was written since the baseline."""
        writes = self._writes(state.baseline.written, survey, FARTHEST)
        if writes is None or writes.shared_remapped:
            self._inspector(state.pristine.learn_files)  # which others may have moved
        if writes is not None:
            return self._inspector(
                lambda session: damage_told(session, state.pristine, state.baseline, writes)
            )
        pristine, superuser = self._count(state.pristine), self._source.superuser
        return self._inspector(
            lambda session: damage_found(session, pristine, state.baseline, superuser=superuser)
        )

    def mark(self, state: State, survey: Survey) -> Mark:
        """Return a mark for `written`; only where there is no log are rows counted for it."""
        if self._source.wal is not None:
            return Mark(survey, None)
        known = list(state.pristine.tables.values())
        tables, _ = self._inspector(lambda session: reread(session, known, []))
        return Mark(survey, tables)

    def written(self, state: State, survey: Survey, mark: Mark | None) -> list[str]:
        """Return the tables that were written since a mark, or since the baseline."""
        begin, farthest = (
            (state.baseline, FARTHEST) if mark is None else (mark.survey, FARTHEST_MARK)
        )
        writes = self._writes(begin.written, survey, farthest)
        if writes is not None:
            return self._inspector(functools.partial(tables_named, writes))
        tables = mark.tables if mark is not None else None
        if tables is None:
            tables = list(self._count(state.pristine).tables.values())
        dirty = self._inspector(lambda session: dirty_tables(session, tables, begin.xid))
        return [shown(*table.name.split(".", 1)) for table in dirty]

    def _writes(self, begin: int, survey: Survey, farthest: int) -> Writes | None:
        """Return what the log says was written; None where it is of no use.

        Args:
            begin: From where on, in bytes.
            survey: Up to where.
            farthest: How much of it to read at most, in bytes.
        """
        wal = self._source.wal
        if wal is None or survey.written - begin > farthest:
            return None
        if survey.written == begin:
            return Writes()  # the log refuses to be read from its end
        flushed = survey.flushed >= survey.written
        return wal.writes(begin, self._inspector.oid, flushed=flushed)

    def _count(self, pristine: Pristine) -> Pristine:
        """Return the same with all rows counted, which is done once."""
        if self._counted is None or self._counted[0] is not pristine:
            self._counted = pristine, self._source.counted(pristine)
        return self._counted[1]
