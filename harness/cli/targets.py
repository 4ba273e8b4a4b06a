"""What the words of a command line name: services of ours, or those that a project declares."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from harness.cli.doctor import SERVICES
from harness.core.group import Group
from harness.core.nearest import did_you_mean, nearest
from harness.core.service import Service
from harness.errors import ConfigurationError

TRACEBACK_PARTS = 3


@dataclass(frozen=True)
class Target:
    """One service to start.

    Attributes:
        name: What its user calls it: the attribute that declares it, or its kind.
        service: The service.
        group: Those that it is declared with.
    """

    name: str
    service: Service[Any]
    group: Group


def targets_of(words: Iterable[str]) -> list[Target]:
    """Return the services that words name, each once.

    Args:
        words: Kinds such as `postgres`; `MODULE:CLASS` for all that a class declares;
            `MODULE:CLASS.ATTRIBUTE`, or `MODULE:ATTRIBUTE`, for one.

    Raises:
        ConfigurationError: A word names nothing; with what it could have been.
    """
    ours = Group(kind(word) for word in words if ":" not in word)
    found: dict[tuple[Service[Any], int], Target] = {}
    for word in words:
        for target in declared(word) if ":" in word else [Target(word, kind(word), ours)]:
            found.setdefault((target.service, id(target.group)), target)
    return list(found.values())


def kinds() -> dict[str, Service[Any]]:
    """Return the services that can be named by their kind."""
    return {service.kind: service for service in SERVICES}


def kind(word: str) -> Service[Any]:
    """Return the service of a kind, with the options that are the default.

    Raises:
        ConfigurationError: There is none.
    """
    if word not in kinds():
        near = nearest(word, kinds())
        hint = f"did you mean {near}?" if near else usage()
        raise ConfigurationError(f"unknown service {word!r}", hint=hint)
    return kinds()[word]


def usage() -> str:
    """Return how a service is named."""
    return (
        f"name one of ours ({', '.join(kinds())}), or what a class of yours declares: "
        "tests.test_shop:ShopTest, or tests.test_shop:ShopTest.db"
    )


def declared(word: str) -> list[Target]:
    """Return what a path names: one service, or all of a class.

    Raises:
        ConfigurationError: It leads nowhere, or to something else.
    """
    module, _, path = word.partition(":")
    if not (module and path):
        raise ConfigurationError(f"{word!r} names no service", hint=usage())
    owner, found, name = follow(imported(module, word), path, word)
    if isinstance(found, Service):
        return [Target(name, found, group_around(owner, found, word))]
    if isinstance(found, type):
        return declared_by(found, word)
    raise ConfigurationError(
        f"{word} is neither a service nor a class, but of type {type(found).__name__}", hint=usage()
    )


def imported(module: str, word: str) -> ModuleType:
    """Import a module as `python -m` does: from the current directory, too.

    Raises:
        ConfigurationError: There is none, or it fails; with its error.
    """
    here = os.getcwd()
    if here not in sys.path and not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and is_part(error.name, module):
            raise no_module(str(error.name), word) from None
        raise ConfigurationError(
            f"{word}: the module {module!r} cannot be imported",
            detail=end_of(error),
            hint=f"mend it: python -c 'import {module}' shows the same",
        ) from error


def end_of(error: Exception) -> str:
    """Return the end of an error's traceback, without the import system's own frames."""
    parts = [part for part in traceback.format_exception(error) if "<frozen import" not in part]
    return "".join(parts[-TRACEBACK_PARTS:])


def is_part(missing: str | None, module: str) -> bool:
    """Tell whether what is missing is the module that was asked for, or a package around it."""
    return missing is not None and f"{module}.".startswith(f"{missing}.")


def no_module(missing: str, word: str) -> ConfigurationError:
    """Return the error for a module that is not there."""
    return ConfigurationError(
        f"{word}: there is no module {missing!r}",
        cause=f"modules are looked for in {os.getcwd()}, as python -m does, and where installed",
        hint="go to the project's directory, or correct the name",
    )


def follow(module: ModuleType, path: str, word: str) -> tuple[object, object, str]:
    """Follow a path of attributes; return what has the last one, that one, and its name.

    Raises:
        ConfigurationError: It leads nowhere.
    """
    owner: object = module
    found: object = module
    name = path
    for name in path.split("."):
        owner = found
        if not name or not hasattr(owner, name):
            raise ConfigurationError(
                f"{word}: {label(owner)} has no attribute {name!r}", hint=nearby(owner, name)
            )
        found = getattr(owner, name)
    return owner, found, name


def label(owner: object) -> str:
    """Return what to call a module or a class."""
    return str(getattr(owner, "__qualname__", None) or getattr(owner, "__name__", owner))


def nearby(owner: object, name: str) -> str:
    """Return what may have been meant: a service, or a class that declares some."""
    known = [
        other
        for other in dir(owner)
        if isinstance(value := inspect.getattr_static(owner, other, None), Service)
        or (isinstance(value, type) and names_in(value))
    ]
    return did_you_mean(name, known) if known else usage()


def names_in(owner: type) -> dict[Service[Any], str]:
    """Return the services that a class declares or inherits, with their names."""
    found: dict[Service[Any], str] = {}
    for name in dir(owner):
        value = inspect.getattr_static(owner, name, None)
        if isinstance(value, Service):
            found.setdefault(value, name)
    return found


def declared_by(owner: type, word: str) -> list[Target]:
    """Return all services of a class.

    Raises:
        ConfigurationError: It declares none.
    """
    from harness.adapters.declared import group_of

    names = names_in(owner)
    if not names:
        raise ConfigurationError(f"{word}: the class declares no service", hint=usage())
    return [Target(name, service, group_of(owner)) for service, name in names.items()]


def group_around(owner: object, service: Service[Any], word: str) -> Group:
    """Return what a service is declared with: its class's, or itself alone."""
    from harness.adapters.declared import group_of

    return group_of(owner) if isinstance(owner, type) else Group([service], word)
