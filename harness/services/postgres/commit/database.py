"""The database in which one process runs its `commit` tests, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.damage import Baseline, Damage, damage_found, damage_told
from harness.services.postgres.commit.inspector import Inspector, Survey
from harness.services.postgres.commit.pristine import Pristine
from harness.services.postgres.commit.reset import put_back
from harness.services.postgres.commit.session import CommitSession, open_session
from harness.services.postgres.commit.spares import Spares
from harness.services.postgres.commit.structure import catalog_counts, outside
from harness.services.postgres.commit.wal import FARTHEST, WalReader
from harness.services.postgres.connect import driver

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.template import Template

SMALL = 1 << 18  # bytes of a table that are kept in memory


class Source:
    """What the databases of one process have in common that are clones of one template.

    Args:
        instance: The server.
        template: The template.
    """

    def __init__(self, instance: PostgresInstance, template: Template) -> None:
        self.instance = instance
        self.template = template
        self.wal: WalReader | None = instance.wal
        self.superuser = "postgres.superuser" in instance.capabilities
        self.spares = Spares(instance, template)
        instance.cleanups.push(self.spares.close)
        self.contents = Contents()
        self._pristine: Pristine | None = None
        self._catalogs: dict[str, int] = {}

    def learn(self, session: Any) -> Pristine:
        """Return what the template holds, read from its first clone."""
        if self._pristine is None:
            pristine = Pristine(session, counted=self.wal is None)
            small = [table for table in pristine.seeded if table.size <= SMALL]
            self.contents.read(session, small)
            self._pristine = pristine
        return self._pristine

    def catalogs(self, session: Any, xid: int) -> dict[str, int]:
        """Return for each catalog the number of its rows, the same in all clones."""
        if not self._catalogs:
            known = self.learn(session).catalogs.values()
            counts = catalog_counts(session, known, xid, all_rows=self.superuser)
            self._catalogs = {name: count for name, (count, _) in counts.items()}
        return self._catalogs


class CommitDatabase:
    """A clone of a template under a constant name, put back after each test.

    Args:
        source: What it is a clone of.
        name: Its name.
    """

    def __init__(self, source: Source, name: str) -> None:
        self.name = name
        self.source = source
        self._instance = source.instance
        self._disturbed = self._instance.disturbed
        self.sessions: dict[str, CommitSession] = {}
        self._inspector = Inspector(self._instance, name)
        self._baseline = self._inspector(self._look)

    def _look(self, session: Any) -> Baseline:
        """Take what the database looks like now for what it should look like."""
        self.pristine = self.source.learn(session)
        survey = Survey(*map(int, session.execute_simple("execute harness_survey").rows[0]))
        return Baseline(
            oid=self._inspector.oid,
            xid=survey.xid,
            written=survey.written,
            catalogs=self.source.catalogs(session, survey.xid),
            outside=outside(session),
        )

    def session(self, use: str) -> CommitSession:
        """Return the session for a use, kept from the last test or opened now."""
        if use not in self.sessions or self.sessions[use].closed:
            self.sessions[use] = open_session(self._instance.endpoint, self.name)
        return self.sessions[use]

    def known(self) -> tuple[int, ...]:
        """Return the server's processes of our own sessions."""
        return (self._inspector.pid, *(s.pid for s in self.sessions.values() if not s.closed))

    def has_others(self) -> bool:
        """Tell whether somebody else has a session here."""
        return self._inspector.survey().sessions != len(self.known())

    def put_back(self) -> None:
        """Put back what was written; nobody else may have a session here."""
        survey = self._inspector.survey()
        if self._disturbed != self._instance.disturbed:
            self._disturbed = self._instance.disturbed
            self.swap()
        elif survey.xid != self._baseline.xid:
            self._repair(survey)

    def _repair(self, survey: Survey) -> None:
        try:
            damage = self._damage(survey)
            swap = damage.structure or not self._can_put_back(damage)
            if damage and not swap:
                swap = not self._inspector(lambda session: self._reset(session, damage))
        except driver().DatabaseError:
            swap = True  # a lock that is held, a missing table: a new clone needs no repair
        if swap:
            self.swap()
        else:
            self._move_on()

    def _damage(self, survey: Survey) -> Damage:
        """Return what was written since the baseline."""
        writes = None
        if self.source.wal is not None and survey.written - self._baseline.written < FARTHEST:
            flushed = survey.flushed >= survey.written
            writes = self.source.wal.writes(
                self._baseline.written, self._baseline.oid, flushed=flushed
            )
        if writes is None:
            return self._inspector(self._search)
        return self._inspector(
            lambda session: damage_told(session, self.pristine, self._baseline, writes)
        )

    def _search(self, session: Any) -> Damage:
        return damage_found(
            session, self.pristine, self._baseline, superuser=self.source.superuser
        )

    def _can_put_back(self, damage: Damage) -> bool:
        """Tell whether all tables can be put back where they are."""
        return all(
            not table.guarded and (not table.rows or table in self.source.contents)
            for table in damage.tables
        )

    def _reset(self, session: Any, damage: Damage) -> bool:
        """Put tables and sequences back; tell whether that has worked."""
        if self._inspector.fires_nothing:
            put_back(session, damage, self.source.contents)
            return True
        put_back(session, damage, self.source.contents)
        return not self._search(session)

    def _move_on(self) -> None:
        """Have the next test begin where the server stands now."""
        survey = self._inspector.survey()
        self._baseline = Baseline(
            oid=self._baseline.oid,
            xid=survey.xid,
            written=survey.written,
            catalogs=self._baseline.catalogs,
            outside=self._baseline.outside,
        )

    def swap(self) -> None:
        """Put a clone in this database's place, under its name."""
        self.hang_up()
        self._instance.swap(self.name, self._baseline.oid, self.source.spares)
        self._baseline = self._inspector(self._look)

    def rest(self) -> None:
        """Close the sessions until the next test: a server has only so many."""
        self.hang_up()

    def hang_up(self) -> None:
        """Close all our sessions."""
        sessions, self.sessions = self.sessions, {}
        for session in sessions.values():
            session.hang_up()
        self._inspector.close()
