"""What a call loads that loads modules or files by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

SUFFIX = ".py"
AS_MAIN, METADATA = "run_module", "entry_points"
FROM_FILE = "spec_from_file_location"
FILES = (FROM_FILE, "run_path")
# What loads a module by a name, or code from a text: then it is that which is to be known.
LOADERS = frozenset(
    (
        *("import_module", "__import__", "import_string", "resolve_name", "load_module"),
        *(*FILES, AS_MAIN, METADATA),
    )
)
RUNNER = "exec"  # Python's own; methods of that name run other things
MAIN = "__main__"
OWN = ("__name__", "__package__")
GAP = re.compile(r"[%{]")
NAME = re.compile(r"\.*[^\W\d]\w*(\.\w+)*")
# An interpreter with a module, in a command of a shell.
COMMAND = re.compile(r"\bpython\S*\s(?:.*\s)?-m\s*([\w.]+)")


class Import(NamedTuple):
    """An import statement's one name.

    Attributes:
        level: How many dots it begins with.
        module: What follows them; or what is imported, where that is no name of a module.
        name: What is taken from the module; empty for none.
    """

    level: int
    module: str
    name: str


def loads(function: ast.expr) -> bool:
    """Tell whether a function loads modules or runs code."""
    name = called(function)
    return name in LOADERS or (name == RUNNER and isinstance(function, ast.Name))


def called(node: ast.AST | None) -> str:
    """Return the last name of `a.b.c`; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def loaded(call: ast.Call) -> ast.expr | None:
    """Return the argument that says what a call loads; None where none does."""
    function = called(call.func)
    if function == METADATA:
        return None  # what is installed says so
    if function == FROM_FILE:
        return argument(call, 1, "location")
    return next(iter([*call.args, *(each.value for each in call.keywords)]), None)


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """Return an argument, by its place or its name; None where it is not there."""
    named = (each.value for each in call.keywords if each.arg == name)
    return next(iter([*call.args[place : place + 1], *named]), None)


def named(call: ast.Call, name: str) -> Import | None:
    """Return what a call imports that has the name of a module; None where a run has to tell.

    Example:
        >>> call = ast.parse("import_module('.cart', 'shop')", mode="eval").body
        >>> named(call, ".cart")
        Import(level=0, module='shop.cart', name='')
    """
    rest = name.lstrip(".")
    level = len(name) - len(rest)
    package = argument(call, 1, "package")
    if not level:
        return Import(0, name, MAIN if called(call.func) == AS_MAIN else "")
    if called(package) in OWN:
        return Import(level, rest, "")
    around = written(package)
    if not around:
        return None
    return Import(0, ".".join([*around.split(".")[: around.count(".") + 2 - level], rest]), "")


def written(node: ast.AST | None) -> str | None:
    """Return a text that is written out; None for all else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def takes_file(call: ast.Call, what: ast.expr | None) -> bool:
    """Tell whether a call loads a file whose name is written out, as in `HERE / "cart.py"`."""
    if what is None or called(call.func) not in FILES:
        return False
    texts = filter(None, (written(each) for each in ast.walk(what)))
    return any(text.endswith(SUFFIX) and text.removesuffix(SUFFIX).strip("./") for text in texts)


def run_in(elements: Iterable[ast.expr]) -> ast.expr | None:
    """Return what tells the module that a command runs; None where it runs none.

    Args:
        elements: Of a command, or of anything else.
    """
    python, before = False, None
    for each in elements:
        if before == "-m" and (python or written(each)):
            return each
        python = python or called(each) == "executable"
        before = written(each)
    return None


def texts_by_name(tree: ast.Module) -> dict[str, str]:
    """Return the names in a module, or in its functions, that stand for texts."""
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
    pairs = ((target, written(node.value)) for node in assigned for target in node.targets)
    return {called(target): text for target, text in pairs if text}


def beginning(node: ast.expr | None) -> str:
    """Return the text that a text made at run time begins with: of an f-string, a sum, a format."""
    if isinstance(node, ast.JoinedStr):
        return beginning(node.values[0]) if node.values else ""
    if isinstance(node, ast.BinOp):
        return GAP.split(beginning(node.left))[0]
    if isinstance(node, ast.Call) and called(node.func) == "format":
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return GAP.split(beginning(owner))[0]
    return written(node) or ""


def literals(tree: ast.Module) -> Iterable[str]:
    """Yield the names of a module's constants whose values are written out."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_literal(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for each in targets if isinstance(each, ast.Name))


def is_literal(value: ast.expr | None) -> bool:
    """Tell whether a dictionary, a list or a tuple is written out; one that is empty is filled."""
    if not isinstance(value, ast.Dict | ast.List | ast.Tuple):
        return False
    values = value.values if isinstance(value, ast.Dict) else value.elts
    return bool(values) and all(isinstance(e, ast.Constant) or is_literal(e) for e in values)
