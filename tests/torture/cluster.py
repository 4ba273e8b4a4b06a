"""Processes that run tests on a Dask cluster, and Dask workers, are killed at random moments."""

from __future__ import annotations

from tests.runner.cluster.fleet import Fleet
from tests.torture.runner import PATIENCE, Torture


class ClusterTorture(Torture):
    """Kills Dask workers, and what runs tests under them."""

    _address = ""

    def run(self) -> list[str]:
        """Torture; return what went wrong."""
        fleet = Fleet(2)
        self._address = fleet.address
        try:
            return super().run()
        finally:
            fleet.close()

    def _run_once(self) -> None:
        patience = ("--set", f"cluster_timeout={PATIENCE}")
        cluster = ("--cluster", self._address, "--order", "shuffle")
        self.reasons += self._account(*self._suffers(*patience, "run", *cluster))
