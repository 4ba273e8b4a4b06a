"""The database in which one process runs its `commit` tests, one after another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.services.postgres.commit.changes import Changes, Mark
from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.damage import Baseline, Damage, moved, reread
from harness.services.postgres.commit.differences import changed_structure, differences
from harness.services.postgres.commit.inspector import SURVEY, Inspector, Survey
from harness.services.postgres.commit.large import TooMuchError
from harness.services.postgres.commit.obstacles import (
    drop_subscriptions,
    free_lost,
    roll_back_prepared,
)
from harness.services.postgres.commit.repair import Repair, State
from harness.services.postgres.commit.reset import settle
from harness.services.postgres.commit.sessions import Sessions
from harness.services.postgres.commit.slots import end_slots
from harness.services.postgres.commit.source import Source
from harness.services.postgres.commit.structure import outside
from harness.services.postgres.commit.wal import FARTHEST
from harness.services.postgres.connect import driver
from harness.services.postgres.names import identifier

if TYPE_CHECKING:
    from harness.services.toxiproxy.passage import Passage


class LostDatabaseError(Exception):
    """A test has dropped, renamed or closed its database, or closed it to all connections."""


class CommitDatabase:
    """A clone of a template under a constant name, put back after each test.

    Args:
        source: What it is a clone of.
        name: Its name.
        read_only: Whether the server is to refuse writes to it.
        proxied: Whether the code under test reaches it through the fault proxy.
    """

    def __init__(
        self, source: Source, name: str, *, read_only: bool = False, proxied: bool = False
    ) -> None:
        self.name = name
        self.read_only = read_only
        self.proxied = proxied
        self.source = source
        self._instance = source.instance
        self._disturbed = self._instance.disturbed
        self.sessions = Sessions(source.instance, name)
        self._rebased: Damage | None = None
        self._resting = False
        self._class_begun: Baseline | None = None  # of one that has changed the whole server
        self._roles = False
        self._outside = ""  # the same for every clone that takes this place
        self._refuse_writes()
        self._inspector = Inspector(self._instance, name)
        self._changes = Changes(self._inspector, source)
        self._repair = Repair(self._inspector, source)
        try:
            self._state = self._inspector(self._look)
            self._outside = self._baseline.outside
        except BaseException:
            self._inspector.close()
            raise

    def _refuse_writes(self) -> None:
        if self.read_only:
            change = (
                f"alter database {identifier(self.name)} set default_transaction_read_only = on"
            )
            self._instance.databases.execute(change)

    def _look(self, session: Any) -> State:
        """Return what the database looks like now, for what it should look like."""
        self._repair.begin()
        survey = Survey.read(session.execute_simple(SURVEY).rows[0])
        pristine = self.source.learn(session)  # after that: what others move meanwhile is noticed
        baseline = Baseline(
            oid=self._inspector.oid,
            xid=survey.xid,
            written=survey.written,
            settings=survey.settings,
            catalogs=self.source.catalogs(session, survey.xid),
            outside=self._outside or outside(session),
        )
        return State(pristine, self.source.contents, baseline)

    @property
    def _baseline(self) -> Baseline:
        """Where the server stood when all was as it should be."""
        return self._state.baseline

    def passages(self) -> list[Passage]:
        """Return the way here through the fault proxy, if there is one."""
        return [self._instance.passages.to(self.name)] if self.proxied else []

    @property
    def oid(self) -> int:
        """Number of the database."""
        return self._baseline.oid

    def known(self) -> tuple[int, ...]:
        """Return the server's processes of our own sessions."""
        return (self._inspector.pid, *self.sessions.pids)

    def survey(self) -> Survey:
        """Tell where the server stands.

        Raises:
            LostDatabaseError: The database was dropped, renamed or closed.
        """
        try:
            survey = self._inspector.survey()
        except (driver().Error, OSError) as error:
            if not self._instance.databases.is_open(self.name):
                raise LostDatabaseError from error
            raise
        if self._inspector.oid != self.oid:  # another one was made in its place
            raise LostDatabaseError
        return survey

    def has_others(self, survey: Survey) -> bool:
        """Tell whether somebody else had a session here."""
        return survey.sessions != len(self.known())

    def end_prepared(self) -> list[str]:
        """Roll back transactions that were prepared here; return their names."""
        return self._inspector(roll_back_prepared) if self._instance.prepares else []

    def free_lost(self) -> list[str]:
        """Roll back what was prepared here before the database was lost; return the names."""
        return free_lost(self._instance, self.name, self.oid)

    def is_clean(self, survey: Survey) -> bool:
        """Tell whether nobody had written anything."""
        undisturbed = self._disturbed == self._instance.disturbed
        return undisturbed and survey.xid == self._baseline.xid and not self._moved_unlogged()

    def _moved_unlogged(self) -> bool:
        """Tell whether a sequence has moved that is not logged, which takes no transaction id."""
        unlogged = [each for each in self._state.pristine.sequences.values() if each.unlogged]
        return bool(unlogged and self._inspector(lambda session: moved(session, unlogged)))

    def put_back(self, survey: Survey, *, clean: bool | None = None) -> list[Exception]:
        """Put back what was written before a survey, while nobody else writes.

        Args:
            survey: Where the server stands.
            clean: What `is_clean` says of it, where that was asked already.

        Returns:
            Failures of the test that was the last to run: what it changed on the whole server.
        """
        begun, self._roles = self._baseline, False
        changed = survey.settings != self._baseline.settings
        failures = end_slots(self._inspector, self._instance.databases) if changed else []
        self._put_back(survey, clean)
        return failures + (self._check_server(begun) if self._roles or changed else [])

    def replace(self) -> list[Exception]:
        """Put a clone in the place of a database that is lost; return failures as `put_back`."""
        begun = self._baseline
        if self.source.guard is not None:
            self.source.guard.concerns(begun.oid, begun.written, begun.written)
        self.swap()
        return self._check_server(begun)

    def check_class(self) -> list[Exception]:
        """Return failures of the class that has held this: what it changed on the whole server."""
        begun, self._class_begun = self._class_begun, None
        guard = self.source.guard
        if begun is None or guard is None:
            return []
        guard.concerns(begun.oid, begun.written, self.survey().written)
        return self._check_server(begun)

    def _check_server(self, begun: Baseline) -> list[Exception]:
        guard, failures = self.source.guard, []
        if guard is not None:
            self.source.spares.settle()  # a role may own something in what is being dropped
            failures = guard.check(begun.oid, begun.xid)
        self._begin_at(replace(self._baseline, settings=self.survey().settings))
        return failures

    def _put_back(self, survey: Survey, clean: bool | None) -> None:
        if self._disturbed != self._instance.disturbed:
            self._disturbed = self._instance.disturbed
            self.swap()
        elif not (self.is_clean(survey) if clean is None else clean):
            self._mend(survey)

    def _mend(self, survey: Survey) -> None:
        """Put back what can be put back where it is, else replace the database."""
        try:
            self._roles = self.source.superuser  # who knows, if the next line fails
            damage = self._changes.damage(self._state, survey)
            self._roles = self._concerns_server(damage, survey)
            if damage.structure and self._repair.drop_created(self._state):
                damage = self._changes.damage(self._state, self.survey())
            done = self._reset(damage)
        except (driver().DatabaseError, TooMuchError):
            done = False  # a lock that is held, a table that is missing: a clone needs no repair
        if not done:
            self._drop_subscriptions()
            self.swap()

    def _concerns_server(self, damage: Damage, survey: Survey) -> bool:
        guard, base = self.source.guard, self._baseline
        if guard is None:
            return False
        changed = damage.roles or (damage.databases and guard.has_other_databases())
        return changed and guard.concerns(base.oid, base.written, survey.written)

    def _drop_subscriptions(self) -> None:
        """Drop what keeps a database from being dropped."""
        with contextlib.suppress(driver().DatabaseError):  # not ours: the drop says so
            self._inspector(drop_subscriptions)

    def mark(self) -> Mark:
        """Return a mark for `written`."""
        return self._changes.mark(self._state, self.survey())

    def written(self, mark: Mark | None) -> list[str]:
        """Return the tables that were written since a mark, or since the baseline."""
        return self._changes.written(self._state, self.survey(), mark)

    def _reset(self, damage: Damage) -> bool:
        """Put tables and sequences back; tell whether that has worked."""
        survey = self._repair.put_back(damage, self._state)
        if survey is not None:
            self._move_on(survey)
        return survey is not None

    def _move_on(self, survey: Survey) -> None:
        """Have the next test begin where the server stands."""
        self._begin_at(
            replace(
                self._baseline, xid=survey.xid, written=survey.written, settings=survey.settings
            )
        )

    def _begin_at(self, baseline: Baseline) -> None:
        self._state = replace(self._state, baseline=baseline)

    def swap(self) -> None:
        """Put a clone in this database's place, under its name."""
        used = self.sessions.uses
        self.hang_up()
        self._instance.swap(self.name, self._baseline.oid, self.source.spares)
        self._refuse_writes()
        meant = self._state
        with self.sessions.opening(used):
            self._state = self._inspector(self._look)
        self.source.spares.begin()  # not before: it would make all of this take twice as long
        if self._rebased is not None:
            self._state = replace(meant, baseline=self._baseline)
            self._reset(self._rebased)

    def rebase(self, where: str) -> None:
        """Take what was written so far for what `put_back` has to bring about.

        Args:
            where: Where it was written, for people.

        Raises:
            LeaseError: The structure was changed, which cannot be put back.
        """
        survey = self.survey()
        damage = self._changes.damage(self._state, survey)
        if damage.structure:
            raise changed_structure(where, self._inspector(self._differences))
        self._class_begun = self._baseline if self._concerns_server(damage, survey) else None
        contents = Contents(self._state.contents)
        self._inspector(lambda session: contents.read(session, damage.tables))
        tables, sequences = self._inspector(
            lambda session: reread(session, damage.tables, damage.sequences)
        )
        pristine = self._state.pristine.changed(tables, sequences)
        self._state = replace(self._state, pristine=pristine, contents=contents)
        self._rebased = replace(damage, tables=tables, sequences=sequences).over(self._rebased)
        self._inspector(lambda session: settle(session, sequences))
        self._move_on(self.survey())

    def _differences(self, session: Any) -> list[str]:
        all_rows = self.source.superuser
        return differences(session, self._state.pristine, self._baseline, all_rows=all_rows)

    def forget_base(self) -> None:
        """Have the database put back to its template at the next opportunity."""
        if self._rebased is None:
            return
        told, self._rebased = self._rebased, None
        pristine = self.source.pristine
        self._state = replace(self._state, pristine=pristine, contents=self.source.contents)
        tables = [pristine.tables[table.file] for table in told.tables]
        sequences = [pristine.sequences[each.file] for each in told.sequences]
        back = replace(told, tables=tables, sequences=sequences)
        if not self._reset(back):
            self.swap()

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Have `put_back` bring back, for a block, what was written before it."""
        state, rebased, begun = self._state, self._rebased, self._class_begun
        self.rebase("the test before its sweep")
        try:
            yield
        finally:
            kept, told = self._state, self._rebased
            self._state, self._rebased, self._class_begun = state, rebased, begun
            if kept.baseline.oid != state.baseline.oid:  # a clone has taken its place
                self._begin_at(kept.baseline)
                self.swap()
                if told:  # what the test wrote is its own again, and is put back after it
                    self._repair.put_back(told, replace(kept, baseline=self._baseline))

    def rest(self) -> None:
        """Close the sessions until the next test: a server has only so many."""
        self._resting = True
        self.hang_up()

    def wake(self) -> None:
        """Be ready for the next test.

        After a rest others may have written so much that the log of the test could not be told from
        theirs: then it begins where the server stands by now, if nothing here has changed.
        """
        if not self._resting:
            return
        self._resting = False
        with contextlib.suppress(LostDatabaseError):  # told when the test is over
            survey = self.survey()
            far = survey.written - self._baseline.written > FARTHEST
            if far and not self._changes.damage(self._state, survey):
                self._move_on(survey)

    def hang_up(self) -> None:
        """Close all our sessions."""
        self.sessions.close()
        self._inspector.close()
