"""The database in which one process runs its `rollback` tests, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.services.postgres.connect import client_errors
from harness.services.postgres.drivers.driver import Driver, Session
from harness.services.postgres.lease import LOCK_TIMEOUT_MS
from harness.services.postgres.outer import OuterTransaction
from harness.services.postgres.watcher import Watcher

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.template import Template
    from harness.services.toxiproxy.passage import Passage


class Workspace:
    """A clone of a template with one open session, used by one lease at a time.

    Args:
        instance: The server.
        template: What the database is a clone of.
        name: The name of the database.
        driver: Of the session.
        proxied: Whether the session goes through the fault proxy.
    """

    def __init__(
        self,
        instance: PostgresInstance,
        template: Template,
        name: str,
        driver: Driver,
        *,
        proxied: bool = False,
    ) -> None:
        self.name = name
        self.driver = driver
        self._proxied = proxied
        self._instance = instance
        self._template = template
        self._watcher: Watcher | None = None
        self._session = self._connect()
        self._resting = False

    def _connect(self) -> Session:
        self._disturbed = self._instance.disturbed
        self.passages = self._ways()
        endpoint = self.passages[0].endpoint if self.passages else self._instance.endpoint
        return self.driver.open_session(endpoint, self.name, lock_timeout=LOCK_TIMEOUT_MS)

    def _is_cut_off(self) -> bool:
        """Tell whether the session's way is another one by now: the fault proxy has died."""
        return self._ways() != self.passages

    def _ways(self) -> list[Passage]:
        """Return the way here through the fault proxy, if there is one."""
        return [self._instance.passages.to(self.name)] if self._proxied else []

    def begin(self, explain: Callable[[Exception], None]) -> OuterTransaction:
        """Open the outer transaction of one test.

        Args:
            explain: Called with an error of a broken connection before the test gets it.
        """
        if self._disturbed != self._instance.disturbed or self._is_cut_off():
            self.rest()  # its sessions have ended with the server
        if self._resting:
            self._session = self._connect()
            self._resting = False
        self._session.forget_adapters()
        return OuterTransaction(self._session, self._template.constraints, explain)

    @property
    def watcher(self) -> Watcher:
        """The look-out for what other connections do to this database; opened at first use."""
        if self._watcher is None:
            self._watcher = Watcher(self._instance, self.name, self._session.backend_pid())
        return self._watcher

    def replace(self) -> None:
        """Make the database anew, under the same name: the old one is no longer pristine."""
        self._hang_up()
        self._instance.drop(self.name)
        self._instance.clone(self._template, self.name)
        self._session = self._connect()

    def renew(self) -> None:
        """Have another session for the next test: this one was cut off, and nothing is left of it.

        The server may not have seen that yet; what was written is not committed, so the database is
        as it was.
        """
        self.rest()
        self._instance.databases.end_sessions(self.name, ())
        self._instance.databases.await_empty(self.name, ())

    def rest(self) -> None:
        """Close the sessions until the next test: a server has only so many."""
        self._hang_up()
        self._resting = True

    def close(self) -> None:
        """Close the sessions; the database goes with the instance."""
        self._hang_up()

    def _hang_up(self) -> None:
        watcher, self._watcher = self._watcher, None
        for connection in (self._session, watcher):
            try:
                if connection is not None:
                    connection.close()
            except client_errors():
                pass  # closed already, by the server or by the test
