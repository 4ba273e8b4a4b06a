"""What a Python file refers to, read without running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.runner.changes.loading import (
    COMMAND,
    LOADERS,
    MAIN,
    NAME,
    Import,
    beginning,
    called,
    literals,
    loaded,
    loads,
    named,
    run_in,
    takes_file,
    texts_by_name,
    written,
)

# Code in a text: of a doctest, or for another interpreter.
CODE = re.compile(
    r"^\s*(?:>>> |\.\.\. )?"
    r"(?:from\s+([\w.]+)\s+import\s+([\w(*][^;\n]*)|import\s+([\w.]+)\s*(?:as|[,;]|$))",
    re.MULTILINE,
)
WORD = re.compile(r"\w+")
LONGEST = 500  # characters of a text that may name something


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
        self._callers: set[ast.expr] = set()  # of loaders, where they are called

    def source(self) -> Source:
        """Return what was found."""
        for node in executed(self._tree):
            if isinstance(node, ast.Constant):
                self._read_text(node.value)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._read_import(node)
            elif isinstance(node, ast.List | ast.Tuple):
                self._read_command(node.elts)
            elif isinstance(node, ast.Call):
                self._read_call(node)
            elif isinstance(node, ast.Name | ast.Attribute):
                self._read_name(node)
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
            self._imports |= {Import(0, name, MAIN) for name in COMMAND.findall(value)}
        if "import" in value:
            for module, names, whole in CODE.findall(value):
                some = names[:1] not in ("*", "(")  # of which the latter may go on
                taken = WORD.findall(names) if some else ["*"]
                self._imports |= {Import(0, module or whole, name) for name in taken or [""]}

    def _read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            self._imports |= {Import(0, alias.name, "") for alias in node.names}
            return
        module = node.module or ""
        self._imports |= {Import(node.level, module, each.name) for each in node.names}
        if any(each.asname and each.name in LOADERS for each in node.names):
            self._load(node)

    def _read_call(self, call: ast.Call) -> None:
        self._read_command(call.args)
        if loads(call.func):
            self._callers.add(call.func)
            self._read_load(call)

    def _read_command(self, elements: list[ast.expr]) -> None:
        module = run_in(elements)
        if module is None or called(module) == "__name__":
            return
        name = written(module) or self._texts_by_name.get(called(module))
        if name is None:
            self._load(module)
        else:
            self._imports.add(Import(0, name, MAIN))

    @cached_property
    def _texts_by_name(self) -> dict[str, str]:
        return texts_by_name(self._tree)

    def _read_name(self, node: ast.Name | ast.Attribute) -> None:
        """Take note of a loader that is handed on: nobody can tell what it is called with."""
        taken = isinstance(node.ctx, ast.Load) and called(node) in LOADERS
        if taken and node not in self._callers:
            self._load(node)

    def _read_load(self, call: ast.Call) -> None:
        what = loaded(call)
        text = written(what)
        begin = beginning(what)
        if text is not None and NAME.fullmatch(text):
            found = named(call, text)
            if found is None:
                self._load(call)
            else:
                self._imports.add(found)
        elif isinstance(what, ast.Constant) or self._is_written_out(what) or takes_file(call, what):
            return
        elif begin and not begin.startswith("."):
            self._begins.add(begin)
        else:
            self._load(call)

    def _load(self, node: ast.expr | ast.stmt) -> None:
        self._loads = self._loads or node.lineno

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
