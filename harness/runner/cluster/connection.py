"""Dask: its client, its configuration, and a cluster of this machine alone."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from harness.core.extras import extra
from harness.errors import ClusterError

LOCAL = "local"
CONFIG = {
    "distributed.scheduler.allowed-failures": 0,  # what a dead worker had is ours to give again
    "distributed.scheduler.worker-ttl": "30s",
    "distributed.deploy.lost-worker-timeout": "1 hour",  # it comes back, if slowly
    "distributed.nanny.pre-spawn-environ": {},  # tests see the environment that they see elsewhere
    "distributed.worker.profile.enabled": False,
}


def library() -> Any:
    """Import Dask's scheduler.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("cluster", "Dask's scheduler distributed"):
        import distributed
    return distributed


@contextlib.contextmanager
def connected(address: str, workers: int, seconds: float) -> Iterator[Any]:
    """Connect to a cluster.

    Args:
        address: Of its scheduler; or `local`, for one that is started here.
        workers: How many Dask workers one that is started here has.
        seconds: How long to wait for an answer.

    Raises:
        ClusterError: Nobody answers there, or it is no address.
        MissingExtraError: Dask is not installed.
    """
    distributed = library()
    import dask

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what matters, we say

    with contextlib.ExitStack() as stack:
        if address == LOCAL:
            stack.enter_context(dask.config.set(CONFIG))
            address = stack.enter_context(started(distributed, workers))
        elif address.startswith("tls://"):
            check_certificates(distributed.Security(), address)
        try:
            client = distributed.Client(address, timeout=seconds, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {address}: {error}",
                hint="dask scheduler, and give --cluster the address that it prints",
            ) from None
        yield stack.enter_context(client)


def check_certificates(security: Any, address: str) -> None:
    """Check that there are certificates to connect with.

    Raises:
        ClusterError: Dask's configuration names none.
    """
    if security.get_connection_args("client").get("ssl_context") is None:
        raise ClusterError(
            f"no connection to {address}: Dask's configuration names no certificates",
            hint="set distributed.comm.tls.ca-file, client.cert and client.key there, or"
            " DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on",
        )


@contextlib.contextmanager
def started(distributed: Any, workers: int) -> Iterator[Any]:
    """Start a cluster of this machine alone."""
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        preload=["harness.runner.cluster.preload"],
    ) as cluster:
        yield cluster
