"""Workers on the machines of a Dask cluster: who there is, and what is told of them."""

from __future__ import annotations

import functools
import pickle
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.errors import ClusterError
from harness.runner.channel import Message
from harness.runner.cluster import kept, station
from harness.runner.cluster.member import RemoteMember
from harness.runner.cluster.places import Place
from harness.runner.cluster.relay import topic_of
from harness.runner.cluster.version import Version
from harness.runner.options import Options

if TYPE_CHECKING:
    from distributed import Client, Future

LOST = "its Dask worker was lost"
