"""Migrations that a command applies, such as `manage.py migrate`."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harness.core.declaration import declaration
from harness.core.frozen import FrozenMapping
from harness.core.redaction import Redaction
from harness.core.secrets import secrets_of
from harness.core.signals import signal_name
from harness.data.migrations.keys import watched
from harness.data.migrations.source import Resolve, Step
from harness.data.scripts import REMOVED
from harness.data.target import Target
from harness.errors import ConfigurationError, MigrationError, ServiceDefinitionError

TAIL = 30  # lines of output in an error
MOST_READ = 1 << 16  # bytes of it


@dataclass(frozen=True, repr=False)
class Command:
    """A command that migrates the database which `DATABASE_URL` names.

    It runs in the directory of the settings file, else in the working directory, with an empty
    standard input. Without `watch` what it reads is not known, and each process runs it anew.

    Args:
        command: The program and its arguments; it is not given to a shell.
        watch: Files and directories that it reads; when none of them has changed, a template that
            it made may be used again.
        environment: Variables for it, besides those of this process.
        variable: The one that holds the URL.
        driver: What the URL is to name as SQLAlchemy does, such as `psycopg`; nothing by itself.
        timeout: Seconds after which it is killed.

    Raises:
        ServiceDefinitionError: An argument cannot be used.

    Example:
        >>> Command(["./manage.py", "migrate"], watch=["shop/migrations"]).command
        ('./manage.py', 'migrate')
    """

    command: Sequence[str]
    watch: Sequence[str | os.PathLike[str]] | None = None
    environment: Mapping[str, str] = field(default_factory=FrozenMapping)
    variable: str = "DATABASE_URL"
    driver: str = ""
    timeout: float = 300.0

    def __post_init__(self) -> None:
        for option in ("command", "watch"):
            value = getattr(self, option)
            if isinstance(value, str | os.PathLike) or (option == "command" and not value):
                raise ServiceDefinitionError(
                    f"Command({option}={value!r}): not a list of words",
                    hint='write Command(["./manage.py", "migrate"], watch=["shop/migrations"])',
                )
            object.__setattr__(self, option, None if value is None else tuple(value))
        if not self.timeout > 0:
            raise ServiceDefinitionError(
                f"Command(timeout={self.timeout!r}): not a number of seconds above 0"
            )
        object.__setattr__(self, "environment", FrozenMapping(self.environment))

    def __repr__(self) -> str:
        return declaration(self)

    def source(self, resolve: Resolve) -> CommandSource:
        """Return the source.

        Raises:
            ConfigurationError: What is to be watched is not there.
        """
        return CommandSource(self, resolve)


class CommandSource:
    """A command, and where it runs.

    Args:
        declared: The command.
        resolve: Returns absolute paths.
    """

    def __init__(self, declared: Command, resolve: Resolve) -> None:
        self._declared = declared
        self._directory = resolve(".")
        self._watched = watched(map(resolve, declared.watch or ()))

    def files(self) -> list[Path]:
        """Return what is watched."""
        return self._watched

    def parts(self) -> list[str]:
        """Return the command; where nothing is watched, it is this process's own."""
        declared = self._declared
        asked = [*declared.command, declared.variable, declared.driver]
        asked += [f"{name}={value}" for name, value in sorted(declared.environment.items())]
        return asked if declared.watch is not None else [*asked, str(os.getpid())]

    def steps(self) -> list[Step]:
        """Refuse: it is one whole.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"the migrations {self._words} are a command, which has no steps and no way back",
            hint="name the directory of its files, or Alembic(...), as `migrations=`",
        )

    @property
    def _words(self) -> str:
        return repr(" ".join(self._declared.command))

    def prepare(self, target: Target) -> None:
        """Do nothing: no account is kept."""

    def up(self, target: Target) -> None:
        """Run it.

        Raises:
            MigrationError: It is not there, failed, or took too long; with the end of its output.
        """
        with tempfile.TemporaryFile() as output:
            code = self._run(target, output)
            if code != 0:
                raise self._failed(target, output, code)

    def _run(self, target: Target, output: IO[bytes]) -> int | None:
        """Run it to its end and return its exit code; None where it had to be killed."""
        declared = self._declared
        url = str(target.url(declared.driver))
        try:
            process = subprocess.Popen(
                declared.command,
                cwd=self._directory,
                env={**os.environ, **declared.environment, declared.variable: url},
                stdin=subprocess.DEVNULL,
                stdout=output,  # not a pipe, whose end a process in the background could keep open
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise self._missing(error) from error
        try:
            return process.wait(declared.timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end(process)

    def _missing(self, error: OSError) -> MigrationError:
        return MigrationError(
            f"the migrations {self._words} cannot be run in {self._directory}: {error.strerror}",
            cause=f"there is no program {self._declared.command[0]!r}, or it is not executable",
            hint="correct the command; it is run without a shell",
        )

    def _failed(self, target: Target, output: IO[bytes], code: int | None) -> MigrationError:
        output.seek(max(0, output.seek(0, os.SEEK_END) - MOST_READ))
        printed = output.read().decode(errors="replace").splitlines()
        redact = Redaction([*target.secrets, *secrets_of(self._declared.environment)])
        said = f"ended with exit code {code}"
        if code is None:
            said = f"had not ended after {self._declared.timeout:g} s and was killed"
        elif code < 0:
            said = f"was killed by {signal_name(-code)}"
        return MigrationError(
            f"the migrations {self._words} {said}",
            detail=redact("\n".join(printed[-TAIL:])) or "(it printed nothing)",
            hint=f"{tried(target.dialect, self._declared.variable)}; {REMOVED}",
        )


def tried(dialect: str, variable: str) -> str:
    """Say how a command is tried by hand."""
    if dialect == "sqlite":
        return f"try it with {variable}=sqlite:////tmp/new.db"
    return f"try it with `harness up {dialect} -- COMMAND`"


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs, with all that it started in its session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
