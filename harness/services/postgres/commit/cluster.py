"""What belongs to the whole server: found when a test has changed it, and put back or named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.identity import process_name
from harness.core.start import after
from harness.errors import LeakError
from harness.services.postgres.commit.authors import Authors
from harness.services.postgres.commit.inspector import APPLICATION_NAME
from harness.services.postgres.commit.kinds import KINDS
from harness.services.postgres.commit.things import Change, Things, changes, look
from harness.services.postgres.commit.wal import FARTHEST
from harness.services.postgres.database_names import OURS
from harness.services.postgres.databases import Databases
from harness.services.postgres.locks import named
from harness.services.postgres.names import identifier, literal

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

SETTINGS = """
select name, setting from pg_file_settings
where sourcefile like '%/postgresql.auto.conf' and error is null
"""
# Other processes that run tests here: our own databases carry the name of this one.
NEIGHBOURS = f"""
select 1 from pg_stat_activity
where application_name = '{APPLICATION_NAME}' and datname not like '%\\_{{process}}\\_%'
   or application_name like 'harness holding, %' and application_name <> left({{holder}}, 63)
"""
OTHER_DATABASES = f"select datname, xmin::text::int8 from pg_database where datname !~ '{OURS}'"
FARTHEST_PROOF = 1 << 26  # bytes of log that are read where something has changed
XIDS = 1 << 32  # after which transaction ids begin anew
Proof = Callable[[Change], bool]
FILES = "select relname, pg_relation_filenode(oid)::int8 from pg_class where relisshared"


class ServerGuard:
    """Names what a test has changed on the whole server, and undoes what can be undone.

    On a server that others may use it has to be proven that it was the test: by the log, which says
    from which database a transaction came. Of what is not proven nothing is said or undone.

    Args:
        instance: The server, on which our role is a superuser.
    """

    def __init__(self, instance: PostgresInstance) -> None:
        self._instance = instance
        self._databases: Databases = instance.databases
        self._settings = self._read_settings()
        self._before = look(self._databases)
        self._authors = Authors()
        self._missed = False  # whether something has changed since, that was nothing of a test's

    def _read_settings(self) -> dict[str, str]:
        return dict(self._databases.rows(SETTINGS))

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """Take what is changed in a block for what was there before all tests."""
        began = look(self._databases)
        try:
            yield
        except BaseException as error:
            after(error, lambda: self._accept(began))
            raise
        self._accept(began)

    def _accept(self, began: Things) -> None:
        for change in changes(began, look(self._databases)):
            if change.before is not None:
                self._before.pop((change.before.kind, change.before.name), None)
            if change.now is not None:
                self._before[change.now.kind, change.now.name] = change.now

    def differs(self) -> bool:
        """Tell whether anything is other than before, whoever has changed it."""
        return bool(changes(self._before, look(self._databases)))

    def has_other_databases(self) -> bool:
        """Tell whether there are other databases than before, beside those of tests."""
        known = {(each.name, each.xid) for each in self._before.values() if each.kind == "database"}
        return {(name, xid) for name, xid in self._databases.rows(OTHER_DATABASES)} != known

    def concerns(self, database: int, since: int, end: int) -> bool:
        """Tell whether a test may have changed something; what proves it is read while it is there.

        Args:
            database: The number of the test's database.
            since: Where in the log the test began, in bytes.
            end: Where it ended.
        """
        self._authors = Authors()
        if not self._missed and self._is_alone():
            return True
        wal, far = self._instance.wal, end - since
        if wal is not None and (far <= FARTHEST or (far <= FARTHEST_PROOF and self.differs())):
            self._authors = wal.authors(since) or self._authors
        self._missed = database not in self._authors.databases.values()
        if self._missed:
            self._before = look(self._databases)
        return not self._missed

    def check(self, database: int, since: int) -> list[Exception]:
        """Return the failures of the test that was the last to run.

        Args:
            database: The number of its database.
            since: The first transaction that may be of the test.
        """
        now, settings = look(self._databases), self._read_settings()
        before, self._before = self._before, now
        set_before, self._settings = self._settings, settings
        missed, self._missed = self._missed, False
        authors, self._authors = self._authors, Authors()
        if not changes(before, now) and settings == set_before:
            return []
        alone = not missed and self._is_alone()
        files = dict(self._databases.rows(FILES))  # as they are now: a `vacuum full` changes them
        proof = newer(since) if alone else proven(authors, files, database)
        said = [*self._undo(before, now, proof)]
        if alone:
            self._leave_out([change for change in changes(before, now) if not proof(change)])
            said += self._set_back(set_before, settings)
            self._settings = self._read_settings()
        return [changed_server(said)] if said else []

    def _is_alone(self) -> bool:
        """Tell whether nobody else changes anything on the server."""
        if self._instance.external:
            return False
        names = {"process": process_name(), "holder": literal(named("holding"))}
        return not self._databases.rows(NEIGHBOURS.format(**names))

    def _undo(self, before: Things, now: Things, is_its: Proof) -> Iterator[str]:
        """Undo what a test has changed; yield what that was."""
        found = [change for change in changes(before, now) if is_its(change)]
        renamed = [change for change in found if change.is_of_name]
        if renamed:  # first, for all that goes with it is known by its name
            yield from [change.undo(self._databases) for change in renamed]
            now = look(self._databases)
            found = [change for change in changes(before, now) if is_its(change)]
        for change in found:
            said = change.undo(self._databases)
            if not change.follows(found):
                yield said
        if found or renamed:
            self._before = look(self._databases)

    def _leave_out(self, others: list[Change]) -> None:
        """Go on without what was made before the test: whoever made it may still remove it."""
        for change in others:
            if change.before is None and change.now is not None:
                self._before.pop((change.now.kind, change.now.name), None)

    def _set_back(self, before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
        """Set changed settings back; yield what was changed."""
        changed = [
            name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)
        ]
        for name in changed:
            value = f"set {identifier(name)} = {literal(before[name])}" if name in before else ""
            self._databases.execute(f"alter system {value or f'reset {identifier(name)}'}")
            yield f"alter system has changed {name}; it was set back"
        if changed:
            self._databases.execute("select pg_reload_conf()")


def newer(since: int) -> Proof:
    """Return what takes for a test's what was not written before it: where nobody else writes."""

    def is_its(change: Change) -> bool:
        age = (change.now.xid - since) % XIDS if change.now and change.now.xid else 0
        return age < XIDS // 2

    return is_its


def proven(authors: Authors, files: dict[str, int], database: int) -> Proof:
    """Return what takes for a test's what is known to be of a session of its database.

    Args:
        authors: Who has written.
        files: The files of the shared catalogs.
        database: The number of the database.
    """

    def is_its(change: Change) -> bool:
        file, now = files.get(KINDS[change.kind].catalog, 0), change.now
        if change.before is not None:
            place = None if now is None else now.place
            return authors.has_changed(database, file, change.before.place, place)
        assert now is not None
        return now.fields.get("base") == database or authors.has_made(database, file, now.place)

    return is_its


def changed_server(changes: list[str]) -> LeakError:
    """Return the error for a test that changed what belongs to the whole server."""
    return LeakError(
        "the test changed what all databases of the server share",
        detail="\n".join(changes),
        cause="what belongs to the whole server does not go with the test's database",
        hint="drop or reset it in the test, with self.addCleanup(...); or declare "
        "Postgres(exclusive=True)",
    )
