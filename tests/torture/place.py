"""A registry of a torture's own, and an exact account of what is left of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.core.identity import registry_id, registry_path
from harness.core.registry import processes
from harness.core.settings import Settings
from harness.providers import daemon
from harness.providers.engine import Engine
from harness.providers.network import LABEL

ROOT = Path(__file__).parents[2]
FOREIGN = ("DATABASE_URL", "CI", "TEST_SEED", "PYTHONPATH")
PLAIN = {"format", "spawn", "slots", "janitor.log"}  # what a registry consists of, when at rest
POLL = 0.02


class Place:
    """Directories of a torture's own, which make it a registry of its own.

    Args:
        parent: Directory to make them in.
        cache: Where prepared data directories are kept.
        variables: Environment variables, beside those that name the directories.
    """

    def __init__(self, parent: Path, cache: Path, **variables: str) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="t-", dir=parent)).resolve()
        self.root.chmod(0o755)
        (self.root / "tmp").mkdir()
        (self.root / "tmp").chmod(0o1777)
        kept = {name: text for name, text in os.environ.items() if name not in FOREIGN}
        ours = {name: text for name, text in kept.items() if not name.startswith("HARNESS_")}
        images = {name: kept[name] for name in ("HARNESS_IMAGES",) if name in kept}
        self.environ = {
            **ours,
            **images,
            "HARNESS_STATE_DIR": str(self.root / "state"),
            "HARNESS_CACHE_DIR": str(cache),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }
        settings = self.settings()
        self.identifier = registry_id(settings)
        self.registry = registry_path(settings)
        self.instances: set[str] = set()
        self.segments: set[tuple[str, str]] = set()
        self.volumes: set[str] = set()
        self._runs: list[subprocess.Popen[bytes]] = []

    def settings(self) -> Settings:
        """Return the settings of who works here."""
        return Settings.read(self.root, environ=self.environ)

    @property
    def alone(self) -> str:
        """File by which servers tell whether two of one key ever lived at once."""
        return str(self.root / "alone")

    def python(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a Python here, in a session of its own."""
        with open(self.root / "output", "ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", *arguments],
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
                **{"stdout": output, **options},
            )
        self._runs.append(process)
        return process

    def janitors(self) -> list[int]:
        """Return the processes that are janitors of this registry."""
        return [pid for pid in numbers() if command(pid)[-1:] == [str(self.registry)]]

    def left(self) -> list[str]:
        """Return all that is left, each by its identity."""
        return [
            *(f"process {pid}: {' '.join(command(pid))[:120]}" for pid in self.processes()),
            *self._directories(),
            *self._engine_things(),
            *self._segments_left(),
            *self._registry_files(),
        ]

    def processes(self) -> list[int]:
        """Return the processes of our instances, and any that has something of ours open."""
        return [pid for pid in numbers() if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        if pid == os.getpid() or processes.is_zombie(pid):
            return False
        return self._is_marked(pid) or any(self._is_here(path) for path in links(pid))

    def _was_started_here(self, pid: int) -> bool:
        """Tell whether it is a run, a janitor or a server; not who just looks at our files."""
        ours = f"HARNESS_STATE_DIR={self.environ['HARNESS_STATE_DIR']}".encode()
        homes = (f"/dev/shm/harness-{self.identifier}-", f"{self.root}/tmp/harness-")
        return (
            ours in environment(pid)
            or self._is_marked(pid)
            or any(path.startswith(homes) for path in links(pid))
        )

    def _is_marked(self, pid: int) -> bool:
        return any(processes.carries(pid, instance) for instance in self.instances)

    def _is_here(self, path: str) -> bool:
        here = (f"{self.root}/", f"/dev/shm/harness-{self.identifier}-")
        return f"{path}/".startswith(here)

    def _directories(self) -> list[str]:
        """Return the data directories, wherever they may lie."""
        parents = (Path("/dev/shm"), self.root / "tmp", Path(tempfile.gettempdir()))
        found = {path for parent in parents for path in parent.glob(f"harness-{self.identifier}-*")}
        return [f"directory {path}" for path in sorted(found | {*(self.root / "tmp").iterdir()})]

    def _engine_things(self) -> list[str]:
        containers, networks, volumes = self._engine()
        return [
            *(f"container {names[0]} {state}" for names, state in containers),
            *(f"network {name}" for name in networks),
            *(f"volume {name}" for name in volumes),
        ]

    def _engine(self) -> tuple[list[tuple[list[str], str]], list[str], list[str]]:
        if daemon.refusal(daemon.docker_host()) is not None:
            return [], [], []
        engine = Engine(daemon.docker_host())
        ours = json.dumps({"label": [f"{LABEL}.registry={self.identifier}"]})
        containers = engine.get("/containers/json", all="1", filters=ours)
        self.volumes |= {
            mount["Name"]
            for container in containers
            for mount in container.get("Mounts", ())
            if mount.get("Name")
        }
        networks = engine.get("/networks", filters=ours)
        return (
            [(container["Names"], container["State"]) for container in containers],
            [network["Name"] for network in networks],
            [name for name in sorted(self.volumes) if is_volume(engine, name)],
        )

    def _segments_left(self) -> list[str]:
        """Return the System V segments that servers of ours told us, by key and number."""
        if not self.segments:
            return []
        with open("/proc/sysvipc/shm", encoding="ascii") as table:
            there = {tuple(line.split()[:2]) for line in table}
        return [f"segment {number} key {key}" for key, number in self.segments & there]

    def _registry_files(self) -> list[str]:
        if not self.registry.exists():
            return []
        files = [f"file {path}" for path in self.registry.iterdir() if path.name not in PLAIN]
        return files + [f"slot {path.name}" for path in self.registry.glob("slots/*")]

    def complaints(self) -> list[str]:
        """Return what should never be, whatever was killed: two servers of one key, a traceback."""
        found = []
        with contextlib.suppress(OSError):
            found += Path(f"{self.alone}.twice").read_text().splitlines()
        with contextlib.suppress(OSError):
            log = (self.registry / "janitor.log").read_text()
            found += [f"janitor: {log[-3000:]}"] if "Traceback" in log else []
        return found

    def is_clean_within(self, seconds: float) -> list[str]:
        """Wait until nothing is left; return what is, if the time is over."""
        deadline = time.monotonic() + seconds
        while left := self.left():
            if time.monotonic() > deadline:
                return left
            time.sleep(POLL)
        return []

    def had_no_janitor(self) -> bool:
        """Tell whether all was killed before there was a janitor, and so before anything was made.

        It may have been killed itself, with the group that it had not left yet.
        """
        registry = Path(self.registry)
        made = {file.name for file in registry.glob("slots/*/*")} - {"holders", "lock"}
        return not made and not (registry / "janitor.pid").exists()

    def note_volumes(self) -> None:
        """Look which volumes the containers have that run now."""
        self._engine()

    def keep(self) -> None:
        """Keep what tells why something failed: what the engine and the registry hold now."""
        copy = self.root / "registry-then"
        if os.path.isdir(self.registry):  # killed before it was made, there is none
            shutil.copytree(self.registry, copy, ignore=ignore_sockets, dirs_exist_ok=True)

    def remove(self, keep: bool = False) -> None:
        """End and remove all that is ours, whatever became of it.

        Args:
            keep: Whether to leave the directory, to look at.
        """
        for run in self._runs:
            if run.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        while left := [pid for pid in self.processes() if self._was_started_here(pid)]:
            for pid in left:
                processes.send(pid, processes.start_time(pid), signal.SIGKILL)
            time.sleep(POLL)
        self._remove_engine_things()
        for key, number in self.segments:
            if f"segment {number} key {key}" in self._segments_left():
                subprocess.run(["ipcrm", "-m", number], check=False)
        for line in self._directories():
            shutil.rmtree(line.partition(" ")[2], ignore_errors=True)
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)

    def _remove_engine_things(self) -> None:
        for _ in range(2):
            containers, networks, _ = self._engine()
            for names, _ in containers:
                with contextlib.suppress(OSError):
                    Engine(daemon.docker_host()).delete(
                        f"/containers{names[0]}", force="true", v="true"
                    )
            for name in networks:
                with contextlib.suppress(OSError):
                    Engine(daemon.docker_host()).delete(f"/networks/{name}")


def ignore_sockets(directory: str, names: list[str]) -> list[str]:
    """Name what cannot be copied."""
    return [name for name in names if name.startswith("janitor.sock")]


def is_volume(engine: Engine, name: str) -> bool:
    """Tell whether there is a volume of that name."""
    try:
        engine.get(f"/volumes/{name}")
    except OSError:
        return False
    return True


def numbers() -> list[int]:
    """Return all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def command(pid: int) -> list[str]:
    """Return the command line of a process; empty if it is gone."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return []
    return text.split("\0")[:-1]


def environment(pid: int) -> list[bytes]:
    """Return the environment that a process was started with; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def links(pid: int) -> Iterator[str]:
    """Yield the paths that a process has open or works in, also of files that are removed."""
    try:
        handles = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return
    for handle in (f"/proc/{pid}/cwd", *handles):
        with contextlib.suppress(OSError):
            yield os.readlink(handle)
