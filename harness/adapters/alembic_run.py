"""Running Alembic's commands in this process, which is afterwards as it was."""

from __future__ import annotations

import io
import logging.config
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.core.extras import extra
from harness.core.redaction import Redaction
from harness.data.scripts import REMOVED, shortened
from harness.data.target import Target
from harness.errors import HarnessError, MigrationError

if TYPE_CHECKING:
    from alembic.config import Config

OWN = {"postgres": "pg8000", "sqlite": "pysqlite"}  # drivers for connections of ours

# Alembic keeps what it works on in variables of its modules: one at a time.
_turn = threading.Lock()


class Place(Protocol):
    """Where the revisions are, as `alembic.ini` says."""

    path: Path
    section: str
    scripts: Path
    versions: list[Path]
    imports: list[Path]


class Revisions:
    """The revisions of one `alembic.ini`, and Alembic to run them.

    Args:
        place: Where they are.
        drivers: The driver in the URL that `env.py` is given, by what the database's SQL is.
        variable: The environment variable that it is given the URL in, if any.
    """

    def __init__(self, place: Place, drivers: Mapping[str, str], variable: str | None) -> None:
        self._place = place
        self._drivers = drivers
        self._variable = variable

    def in_order(self) -> list[tuple[str, str, str]]:
        """Return each revision with the name of its file and what a downgrade of it goes to."""
        alembic = imported()
        with _turn, importing(self._place.imports):
            script = alembic.script.ScriptDirectory.from_config(self._config())
            revisions = list(script.walk_revisions())[::-1]
        return [(each.revision, Path(each.path).name, parent_of(each)) for each in revisions]

    def run(self, target: Target, command: str, *arguments: str) -> None:
        """Run one of Alembic's commands on a database.

        Raises:
            MigrationError: It failed.
            MissingExtraError: Alembic is not installed.
        """
        error = failure_in_thread(partial(self._run, target, command, arguments))
        if isinstance(error, HarnessError):
            raise error
        if error is not None:
            raise self._failed(target, error) from error

    def _run(self, target: Target, command: str, arguments: Sequence[str]) -> None:
        alembic, url = imported(), str(target.url(self._drivers[target.dialect]))
        config = self._config()
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        with _turn, ExitStack() as stack:
            stack.enter_context(importing(self._place.imports))
            stack.enter_context(logging_left_alone())
            stack.enter_context(connecting_only_to(target))
            stack.enter_context(variable_set(self._variable, url))
            connection = stack.enter_context(connected(target))
            config.attributes["connection"] = connection
            getattr(alembic.command, command)(config, *arguments)
            connection.commit()
        if not target.has_tables():
            raise elsewhere("there is no table of Alembic's in the new database")

    def _config(self) -> Config:
        """Return Alembic's configuration, with absolute paths, for it takes others from here."""
        config: Config = imported().config.Config(
            str(self._place.path), ini_section=self._place.section, stdout=io.StringIO()
        )
        options = {
            "script_location": str(self._place.scripts),
            "version_locations": os.pathsep.join(map(str, self._place.versions)),
            "prepend_sys_path": "",
            "path_separator": "os",
            "version_path_separator": "os",
        }
        for name, value in options.items():
            config.set_main_option(name, value.replace("%", "%%"))
        return config

    def _failed(self, target: Target, error: BaseException) -> MigrationError:
        original = getattr(error, "orig", None)
        said = target.refusal(original).said if isinstance(original, Exception) else str(error)
        kind = type(error if original is None else original).__name__
        where = self._where(error) or f"the migrations of {self._place.path}"
        statement = getattr(error, "statement", None)
        redact = Redaction(target.secrets)
        return MigrationError(
            redact(f"{where}: {kind}: {said}"),
            detail=shortened(statement) if statement else None,
            hint=f"mend it and run the tests again; {REMOVED}",
        )

    def _where(self, error: BaseException) -> str | None:
        """Return the line of a revision, or of `env.py`, that an error came through."""
        ours = [self._place.scripts, *self._place.versions]
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            path = Path(frame.filename)
            if any(path.is_relative_to(place) for place in ours):
                return f"{path}, line {frame.lineno}"
        return None


def imported() -> Any:
    """Import Alembic.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("alembic", "Alembic"):
        import alembic.command
        import alembic.config
        import alembic.script
    return alembic


def failure_in_thread(work: Callable[[], object]) -> BaseException | None:
    """Do something in a thread of its own; return what it raised.

    A thread has no event loop yet: an asynchronous `env.py` runs one of its own.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="harness-alembic", daemon=True)
    thread.start()
    thread.join()
    return failures[0] if failures else None


def parent_of(revision: Any) -> str:
    """Return what taking a revision back, and no other branch's, goes to."""
    parents = revision.down_revision
    return str(parents[0]) if isinstance(parents, tuple) else f"{revision.revision}@-1"


@contextmanager
def importing(places: list[Path]) -> Iterator[None]:
    """Let modules be imported from these directories."""
    added = [str(place) for place in places]
    sys.path[:0] = added
    try:
        yield
    finally:
        for place in set(added) & set(sys.path):
            sys.path.remove(place)


@contextmanager
def logging_left_alone() -> Iterator[None]:
    """Have `env.py` configure no logging: that would end the handlers of the whole process."""
    original, ours = logging.config.fileConfig, {threading.get_ident()}

    def configure(*args: Any, **options: Any) -> None:
        if threading.get_ident() not in ours:
            original(*args, **options)

    logging.config.fileConfig = configure
    try:
        yield
    finally:
        logging.config.fileConfig = original
        ours.clear()  # a module that env.py has imported may hold `configure`


@contextmanager
def variable_set(name: str | None, value: str) -> Iterator[None]:
    """Have an environment variable say the URL."""
    if name is None:
        yield
        return
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


@contextmanager
def connected(target: Target) -> Iterator[Any]:
    """Connect to the database with SQLAlchemy."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(
        target.url(OWN[target.dialect]), poolclass=sqlalchemy.pool.NullPool
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def connecting_only_to(target: Target) -> Iterator[None]:
    """Refuse every connection of this thread to another database, before it is made."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    thread = threading.get_ident()

    def check(dialect: Any, record: Any, args: Any, parameters: dict[str, Any]) -> None:
        asked = parameters.get("database", parameters.get("dbname")) or next(iter(args), None)
        if threading.get_ident() == thread and asked != target.name:
            raise elsewhere(f"it was about to connect to the database {asked!r}")

    event.listen(Engine, "do_connect", check)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", check)


def elsewhere(what: str) -> MigrationError:
    """Return the error for an `env.py` that migrates something else."""
    return MigrationError(
        f"env.py does not use the database that it was given: {what}",
        cause="it takes the URL from somewhere else, such as the application's settings",
        hint='have it use config.attributes["connection"] or config.get_main_option('
        '"sqlalchemy.url"), or write Alembic(..., variable="DATABASE_URL") if it reads that',
    )
