"""Names of tests that do not exist, and what was probably meant."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import shlex
import sys
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.core.nearest import nearest
from harness.errors import ConfigurationError
from harness.runner.changes.modules import prefixes

INIT = "__init__.py"
DEEPEST = 4  # directories below the working one that a module is looked for in
MOST = 10  # names that are shown where none is near
LISTED = "discover lists all: harness run -v"


def check_name(name: str, loader: unittest.TestLoader) -> None:
    """Do nothing for the name of something that is there, though it could not be loaded.

    Raises:
        ConfigurationError: It is not there; with what is near.
    """
    loader.errors.clear()
    known = [each for each in prefixes(name) if each in sys.modules]
    if not known:
        check_module(name)
        return
    rest = name[len(known[-1]) + 1 :].split(".") if name != known[-1] else []
    owner: Any = sys.modules[known[-1]]
    path = known[-1]
    if rest and not hasattr(owner, rest[0]) and is_module(f"{path}.{rest[0]}"):
        return  # it is red, with its traceback
    for at, part in enumerate(rest):
        if not hasattr(owner, part):
            raise unknown(name, owner, path, rest[at:])
        owner, path = getattr(owner, part), f"{path}.{part}"


def check_module(name: str) -> None:
    """Do nothing for a module that is there.

    Raises:
        ConfigurationError: It is not, or it is elsewhere; with how to name it.
    """
    if os.sep in name:
        raise no_path(name)
    first = name.partition(".")[0]
    if is_module(first):
        return
    here = [module.name for module in pkgutil.iter_modules([os.getcwd()])]
    near = nearest(first, here)
    hint = elsewhere(name) or (f"did you mean {near}{name[len(first) :]}?" if near else LISTED)
    raise ConfigurationError(
        f"there is no test {name}: there is no module {first} in {os.getcwd()}", hint=hint
    )


def nameless(name: str) -> ConfigurationError:
    """Return the error for a name that begins with no module, as that of a directory does."""
    if name and (os.sep in name or Path(name).is_dir()):
        return no_path(name)
    return ConfigurationError(
        f"there is no test {name!r}: it does not begin with the name of a module", hint=LISTED
    )


def no_path(name: str) -> ConfigurationError:
    """Return the error for a path that is not that of a file of tests below this directory."""
    path = Path(name)
    if path.is_dir():
        hint = shlex.join(["harness", "run", "-s", name])
        return ConfigurationError(f"there is no test {name}: that is a directory", hint=hint)
    if path.is_file():
        what = f"{name} is no Python file in {os.getcwd()}, or below"
        return ConfigurationError(f"there is no test {name}: {what}", hint=LISTED)
    near = nearest(path.name, [each.name for each in path.parent.glob("*.py")])
    return ConfigurationError(
        f"there is no test {name}: there is no such file",
        hint=f"did you mean {path.parent / near}?" if near else LISTED,
    )


def is_module(name: str) -> bool:
    """Tell whether there is a module of that name, though it may not be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def elsewhere(name: str) -> str:
    """Say how to name a test whose module is in another directory; nothing if there is none."""
    parts = name.split(".")
    for place in directories(Path.cwd()):
        if (place / f"{parts[0]}.py").is_file() or (place / parts[0] / INIT).is_file():
            root = place
            while (root / INIT).is_file():
                root = root.parent
            full = ".".join([*place.relative_to(root).parts, name])
            start = os.path.relpath(root)
            words = [full] if start == os.curdir else ["-s", start, full]
            return f"harness run {shlex.join(words)}"
    return ""


def directories(top: Path) -> Iterator[Path]:
    """Yield the directories below one, not too deep, without such as hold no code of a project."""
    for place, names, files in os.walk(top):
        depth = len(Path(place).relative_to(top).parts)
        known = [
            each for each in names if not each.startswith((".", "_")) and each != "node_modules"
        ]
        names[:] = sorted(known) if depth < DEEPEST else []
        if "pyvenv.cfg" in files:
            names.clear()
        elif depth:
            yield Path(place)


def unknown(name: str, owner: Any, path: str, rest: list[str]) -> ConfigurationError:
    """Return the error for a name that leads nowhere.

    Args:
        name: The name.
        owner: How far it leads.
        path: The name of that.
        rest: What follows, of which the first is not there.
    """
    near = nearest(".".join(rest), names_in(owner)) or nearest(rest[0], names_in(owner))
    meant = beside(path, rest[0]) or (f"{path}.{near}" if near else "")
    return ConfigurationError(
        f"there is no test {name}: the {kind_of(owner)} {path} has no {rest[0]}",
        hint=f"did you mean {meant}?" if meant else shown(owner, path),
    )


def kind_of(owner: object) -> str:
    """Return what to call what a name leads to."""
    if isinstance(owner, type):
        return "class"
    return "module" if isinstance(owner, ModuleType) else "test"


def beside(path: str, method: str) -> str:
    """Return the method of that name of another class in the module; nothing if there is none."""
    module = sys.modules.get(path.rpartition(".")[0])
    found = next((each for each in names_in(module) if each.endswith(f".{method}")), "")
    return f"{module.__name__}.{found}" if module and found else ""


def shown(owner: Any, path: str) -> str:
    """Say what there is, where nothing is near."""
    names = sorted(each for each in names_in(owner) if "." not in each)
    more = f", and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"it has: {', '.join(names[:MOST])}{more}" if names else f"{path} has no tests"


def names_in(owner: Any) -> list[str]:
    """Return the names of the tests in a class or a module, of its classes and modules."""
    loader = unittest.TestLoader()
    if isinstance(owner, type):
        return list(loader.getTestCaseNames(owner)) if issubclass(owner, unittest.TestCase) else []
    cases = [each for each in getattr(owner, "__dict__", {}).values() if is_case(each)]
    names = [each.__name__ for each in cases]
    names += [f"{each.__name__}.{test}" for each in cases for test in loader.getTestCaseNames(each)]
    return [*names, *modules_in(owner)]


def is_case(value: object) -> bool:
    """Tell whether a value is a class of tests, other than unittest's own."""
    if not isinstance(value, type) or not issubclass(value, unittest.TestCase):
        return False
    return not value.__module__.startswith("unittest.")


def modules_in(package: Any) -> Iterable[str]:
    """Return the names of the modules in a package; none for what is none."""
    return [each.name for each in pkgutil.iter_modules(getattr(package, "__path__", []))]


def no_start(start: str, error: ImportError) -> ConfigurationError:
    """Return the error for a directory from which no tests can be discovered."""
    names = [place.name for place in Path.cwd().iterdir() if place.is_dir()]
    near = nearest(start, names)
    return ConfigurationError(
        f"tests cannot be discovered in {start}: {error}",
        cause="there is no such directory" if not Path(start).exists() else "it is no package",
        hint=f"did you mean -s {near}?" if near else "name a directory with -s",
    )
