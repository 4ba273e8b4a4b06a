"""What a Python file refers to, read without running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

# What loads a module by a name, or code from a text: then it is that which is to be known.
LOADERS = frozenset(
    (
        *("import_module", "__import__", "import_string", "resolve_name", "load_module"),
        *("run_module", "run_path", "spec_from_file_location", "entry_points"),
    )
)
RUNNER = "exec"  # Python's own; methods of that name run other things
# Code in a text: of a doctest, or for another interpreter.
CODE = re.compile(
    r"^\s*(?:>>> |\.\.\. )?"
    r"(?:from\s+([\w.]+)\s+import\s+([\w(*][^;\n]*)|import\s+([\w.]+)\s*(?:as|[,;]|$))",
    re.MULTILINE,
)
WORD = re.compile(r"\w+")
GAP = re.compile(r"[%{]")
LONGEST = 500  # characters of a text that may name something


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


@dataclass(frozen=True)
class Source:
    """What a file refers to.

    Attributes:
        imports: What it imports, wherever that stands in it.
        texts: The texts in it that may name a module or a file.
        begins: What the names of modules begin with that it loads.
        loads: The line in which it loads what only a run can tell; None if it does not.
    """

    imports: frozenset[Import] = frozenset()
    texts: frozenset[str] = frozenset()
    begins: frozenset[str] = frozenset()
    loads: int | None = None


def read(content: bytes) -> Source:
    """Return what a Python file refers to; one that does not parse may refer to anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its literals, which are its author's
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError) as error:
        return Source(loads=getattr(error, "lineno", None) or 1)
    return Reader(tree).source()


class Reader:
    """Reads one tree.

    Args:
        tree: Of a module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._imports: set[Import] = set()
        self._texts: set[str] = set()
        self._begins: set[str] = set()
        self._loads: int | None = None
        self._literals = set(literals(tree))

    def source(self) -> Source:
        """Return what was found."""
        for node in executed(self._tree):
            if isinstance(node, ast.Constant):
                self._read_text(node.value)
            elif isinstance(node, ast.Import):
                self._imports |= {Import(0, alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                self._imports |= {Import(node.level, module, each.name) for each in node.names}
            elif isinstance(node, ast.Call) and loads(node.func):
                self._read_load(node)
        return Source(
            imports=frozenset(self._imports),
            texts=frozenset(self._texts),
            begins=frozenset(self._begins),
            loads=self._loads,
        )

    def _read_text(self, value: object) -> None:
        if not isinstance(value, str):
            return
        if len(value) <= LONGEST and "\n" not in value:
            self._texts.add(value)
        if "import" in value:
            for module, names, whole in CODE.findall(value):
                some = names[:1] not in ("*", "(")  # of which the latter may go on
                taken = WORD.findall(names) if some else ["*"]
                self._imports |= {Import(0, module or whole, name) for name in taken or [""]}

    def _read_load(self, call: ast.Call) -> None:
        argument = next(iter([*call.args, *(each.value for each in call.keywords)]), None)
        if isinstance(argument, ast.Constant) or self._is_written_out(argument):
            return
        begin = beginning(argument)
        if begin:
            self._begins.add(begin)
        else:
            self._loads = self._loads or call.lineno

    def _is_written_out(self, argument: ast.expr | None) -> bool:
        """Tell whether an argument is an item of what the file itself holds, as `HOMES[name]`."""
        return isinstance(argument, ast.Subscript) and called(argument.value) in self._literals


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that a run can come to: not those for type checkers alone."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and called(node.test) == "TYPE_CHECKING":
            stack += node.orelse
            continue
        yield node
        stack += ast.iter_child_nodes(node)


def loads(function: ast.expr) -> bool:
    """Tell whether a function loads modules or runs code."""
    name = called(function)
    return name in LOADERS or (name == RUNNER and isinstance(function, ast.Name))


def called(node: ast.expr) -> str:
    """Return the last name of `a.b.c`; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def beginning(node: ast.expr | None) -> str:
    """Return the text that a text made at run time begins with: of an f-string, a sum, a format."""
    if isinstance(node, ast.JoinedStr):
        return beginning(node.values[0]) if node.values else ""
    if isinstance(node, ast.BinOp):
        return GAP.split(beginning(node.left))[0]
    if isinstance(node, ast.Call) and called(node.func) == "format":
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return GAP.split(beginning(owner))[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def literals(tree: ast.Module) -> Iterable[str]:
    """Yield the names of a module's constants whose values are written out."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.Dict | ast.List | ast.Tuple
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for each in targets if isinstance(each, ast.Name))
