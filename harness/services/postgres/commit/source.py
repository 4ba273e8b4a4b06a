"""What the databases of one process have in common that are clones of one template."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.services.postgres.commit.cluster import ServerGuard
from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.inspector import Inspector
from harness.services.postgres.commit.pristine import SOME, Pristine, read_counts
from harness.services.postgres.commit.spares import Spares
from harness.services.postgres.commit.structure import catalog_counts
from harness.services.postgres.commit.wal import WalReader
from harness.services.postgres.customized import settings_in_functions

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.template import Template

SMALL = 1 << 18  # bytes of a table that are kept in memory


class Source:
    """What the databases of one process have in common that are clones of one template.

    Args:
        instance: The server.
        template: The template.

    Attributes:
        settings: Those that its functions may make up.
    """

    def __init__(self, instance: PostgresInstance, template: Template) -> None:
        self.instance = instance
        self.template = template
        self.wal: WalReader | None = instance.wal
        self.superuser = "postgres.superuser" in instance.capabilities
        self.spares = Spares(instance, template)
        instance.cleanups.push(self.spares.close)
        self.guard: ServerGuard | None = instance.guard
        self.contents = Contents()
        self.settings: list[str] = []
        self._pristine: Pristine | None = None
        self._reference: Inspector | None = None
        self._catalogs: dict[str, int] = {}

    def reference(self) -> Any:
        """Return a session of one more clone, which nobody writes to; made at first use."""
        if self._reference is None:
            self._reference = Inspector(self.instance, self.spares.take())
            self.instance.cleanups.push(self._reference.close)
        return self._reference(lambda session: session)

    def counted(self, pristine: Pristine) -> Pristine:
        """Return the same with all rows counted: where nothing else tells what was deleted."""
        some = [table for table in pristine.tables.values() if table.rows == SOME]
        if not some:
            return pristine
        counts = read_counts(self.reference(), {table.name: True for table in some})
        tables = [replace(table, rows=count) for table, count in zip(some, counts, strict=True)]
        return pristine.changed(tables, ())

    @property
    def pristine(self) -> Pristine:
        """What the template holds, once it was learned."""
        assert self._pristine is not None
        return self._pristine

    def learn(self, session: Any) -> Pristine:
        """Return what the template holds, read from its first clone.

        What a server shares may have got other files since.
        """
        if self._pristine is not None:
            self._pristine.learn_files(session)
        else:
            pristine = Pristine(session, counted=self.wal is None)
            small = [table for table in pristine.seeded if table.size <= SMALL]
            self.contents.read(session, small)
            self.settings = settings_in_functions(session)
            self._pristine = pristine
        return self._pristine

    def catalogs(self, session: Any, xid: int) -> dict[str, int]:
        """Return for each catalog the number of its rows, the same in all clones."""
        if not self._catalogs:
            known = self.learn(session).catalogs.values()
            counts = catalog_counts(session, known, xid, all_rows=self.superuser)
            self._catalogs = {name: count for name, (count, _) in counts.items()}
        return self._catalogs
