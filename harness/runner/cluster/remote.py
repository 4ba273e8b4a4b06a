"""A Dask cluster as a transport: it is connected to when the first worker is asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.runner.cluster.connection import LOCAL, connected
from harness.runner.cluster.member import RemoteMember
from harness.runner.cluster.transport import Cluster
from harness.runner.cluster.travel import travelling
from harness.runner.cluster.version import Version
from harness.runner.options import ClusterOptions, Options
from harness.runner.transport import Member

STARTING = 60.0  # seconds in which a busy machine has started a Dask worker anew


class Remote:
    """Workers on a cluster that there is, or that is started for this run.

    Args:
        options: How the run is to be.
        cluster: Which cluster.
        say: Prints a line.
    """

    def __init__(
        self, options: Options, cluster: ClusterOptions, say: Callable[[str], None]
    ) -> None:
        self._options = options
        self._where = cluster
        self._say = say
        self._stack = contextlib.ExitStack()
        self._cluster: Cluster | None = None

    def wanted(self) -> int:
        """Return how many workers there may be by now.

        Raises:
            ClusterError: The cluster does not answer, or there was nobody for too long.
            MissingExtraError: Dask is not installed.
        """
        return self._opened().wanted()

    def hire(self, number: int, others: Sequence[Member]) -> RemoteMember:
        """Start a worker."""
        return self._opened().hire(number, others)

    def close(self) -> None:
        """Leave the cluster; end one that was started for this run."""
        self._stack.close()

    def _opened(self) -> Cluster:
        if self._cluster is None:
            where = self._where
            local = where.address == LOCAL
            client = self._stack.enter_context(
                connected(where.address, self._options.workers, where.seconds)
            )
            self._cluster = Cluster(
                client,
                self._options,
                version=Version.of(Path.cwd(), [] if local else None),
                directory=os.getcwd() if local or not where.directory else where.directory,
                environ=travelling(os.environ, self._options.seed),
                seconds=max(where.seconds, STARTING) if local else where.seconds,
                say=self._say,
                most=where.most,
            )
            self._stack.callback(self._cluster.close)
        return self._cluster
