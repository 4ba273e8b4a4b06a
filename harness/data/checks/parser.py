"""Reading an SQL expression into a tree, as far as conditions of tables go.

It is a Pratt parser over the operators of PostgreSQL
(https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-PRECEDENCE); SQLite's are the
same where conditions use them.
"""

from __future__ import annotations

from decimal import Decimal

from harness.data.checks.nodes import Call, Cast, Constant, Name, Node, UnreadableError
from harness.data.checks.tokens import Token, tokens

COMPARISONS = {"=", "==", "<>", "!=", "<", "<=", ">", ">="}
ALIASES = {"==": "=", "!=": "<>"}
LIKES = {"like": "~~", "ilike": "~~*", "glob": "glob", "regexp": "~"}
POWERS = {
    "or": 1, "and": 2, "is": 4, "isnull": 4, "notnull": 4,
    "between": 6, "in": 6, "not": 6, **dict.fromkeys(LIKES, 6),
    **dict.fromkeys(COMPARISONS, 5),
    "+": 8, "-": 8, "*": 9, "/": 9, "%": 9, "^": 10, "at": 11, "collate": 12, "[": 14, "::": 15,
}  # fmt: skip
NOT, OTHER, NEGATIVE = 3, 7, 13
WORDS = {"null": None, "true": True, "false": False}
TIMES = ("current_timestamp", "current_date", "current_time", "localtimestamp", "localtime")
# Names of types that are more than one word.
LONG_TYPES = {
    "character": ("varying",),
    "double": ("precision",),
    "bit": ("varying",),
    "timestamp": ("with", "without", "time", "zone"),
    "time": ("with", "without", "time", "zone"),
}


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        UnreadableError: It uses something that is not known here.

    Example:
        >>> parse("price > 0")
        Call(function='>', arguments=(Name(name='price'), Constant(value=0)))
    """
    parser = Parser(tokens(text))
    node = parser.expression()
    parser.expect_end()
    return node


class Parser:
    """Reads the tokens of one expression, the next one at a time."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in ("word", "operator") and self._next.text in texts

    def _accept(self, *texts: str) -> bool:
        found = self._is(*texts)
        if found:
            self._take()
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise UnreadableError(f"{self._next.text!r} where {text!r} was expected")

    def expect_end(self) -> None:
        """Do nothing at the end.

        Raises:
            UnreadableError: There is something left.
        """
        if self._next.kind != "end":
            raise UnreadableError(f"{self._next.text!r}")

    def expression(self, power: int = 0) -> Node:
        """Read an expression whose operators bind more tightly than `power`."""
        node = self._prefix()
        while (binding := self._binding()) > power:
            node = self._infix(node, binding)
        return node

    def _binding(self) -> int:
        token = self._next
        if token.kind == "operator":
            closing = token.text in (")", "]", ",", ".", ":", "(")
            return POWERS.get(token.text, 0 if closing else OTHER)
        return POWERS.get(token.text, 0) if token.kind == "word" else 0

    def _prefix(self) -> Node:
        token = self._take()
        if token.kind == "string":
            return Constant(token.text)
        if token.kind == "number":
            return Constant(int(token.text) if token.text.isdigit() else Decimal(token.text))
        if token.kind == "name":
            return self._name(token.text)
        if token.kind == "word":
            return self._word(token.text)
        return self._prefix_operator(token.text)

    def _prefix_operator(self, text: str) -> Node:
        if text == "(":
            node = self.expression()
            self._expect(")")
            return node
        if text == "-":
            return Call("negative", (self.expression(NEGATIVE),))
        if text == "+":
            return self.expression(NEGATIVE)
        raise UnreadableError(repr(text or "the end"))

    def _word(self, word: str) -> Node:
        if word in WORDS:
            return Constant(WORDS[word])
        if word == "not":
            return Call("not", (self.expression(NOT),))
        if word in TIMES and not self._is("("):
            return Call(word, ())
        if word == "case":
            return self._case()
        if word == "array" and self._accept("["):
            return Call("array", self._items("]"))
        if word in ("cast", "extract", "position") and self._accept("("):
            return self._special(word)
        if word in ("select", "exists", "row"):
            raise UnreadableError(word)
        return self._typed(word) or self._name(word)

    def _typed(self, word: str) -> Node | None:
        """Read a literal with its type before it, such as `date '2000-01-01'`."""
        if self._next.kind != "string":
            return None
        return Cast(Constant(self._take().text), word)

    def _name(self, name: str) -> Node:
        while self._accept("."):
            name = self._take().text  # of the table, or of pg_catalog
        if not self._accept("("):
            return Name(name)
        if name == "trim":
            self._accept("both")
            self._accept("from")
        return Call(name, self._items(")"))

    def _items(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._accept(end):
            items.append(self.expression())
            if not self._is(end):
                self._separator()
        return tuple(items)

    def _separator(self) -> None:
        if not self._accept(",", "from", "for"):
            raise UnreadableError(repr(self._next.text))

    def _special(self, word: str) -> Node:
        """Read what has words between its arguments."""
        if word == "extract":
            first: Node = Constant(self._take().text)
        else:
            first = self.expression(POWERS["in"])
        self._expect({"cast": "as", "extract": "from", "position": "in"}[word])
        if word == "cast":
            node: Node = Cast(first, self._type())
        else:
            node = Call(word, (first, self.expression()))
        self._expect(")")
        return node

    def _case(self) -> Node:
        subject = None if self._is("when") else self.expression()
        parts: list[Node] = []
        while self._accept("when"):
            condition = self.expression()
            parts.append(condition if subject is None else Call("=", (subject, condition)))
            self._expect("then")
            parts.append(self.expression())
        parts.append(self.expression() if self._accept("else") else Constant(None))
        self._expect("end")
        return Call("case", tuple(parts))

    def _infix(self, left: Node, power: int) -> Node:
        operator = self._take().text
        readers = {
            "is": self._is_what, "not": self._negated, "between": self._between, "in": self._in,
            "::": lambda node: Cast(node, self._type()), "[": self._subscript,
        }  # fmt: skip
        if operator in readers:
            return readers[operator](left)
        if operator in ("isnull", "notnull"):
            return Call("is null" if operator == "isnull" else "is not null", (left,))
        if operator == "collate":
            self._take()
            return left
        if operator == "at":
            self._expect("time")
            self._expect("zone")
        name = LIKES.get(operator, ALIASES.get(operator, operator))
        return self._operation(name, left, power)

    def _operation(self, name: str, left: Node, power: int) -> Node:
        if self._is("any", "all", "some"):
            quantifier = "all" if self._take().text == "all" else "any"
            self._expect("(")
            right = self.expression()
            self._expect(")")
            return Call(quantifier, (Constant(name), left, right))
        right = self.expression(power)
        if self._accept("escape"):
            self.expression(power)
        return Call(name, (left, right))

    def _subscript(self, left: Node) -> Node:
        index = self.expression()
        self._expect("]")
        return Call("subscript", (left, index))

    def _is_what(self, left: Node) -> Node:
        negated = self._accept("not")
        if self._accept("distinct"):
            self._expect("from")
            negated = not negated
        right = self.expression(POWERS["is"])
        if right == Constant(None):
            return Call("is not null" if negated else "is null", (left,))
        same = Call("is", (left, right))
        return Call("not", (same,)) if negated else same

    def _negated(self, left: Node) -> Node:
        if self._accept("null"):
            return Call("is not null", (left,))
        return Call("not", (self._infix(left, POWERS["in"]),))

    def _between(self, left: Node) -> Node:
        low = self.expression(POWERS["between"])
        self._expect("and")
        high = self.expression(POWERS["between"])
        return Call("and", (Call(">=", (left, low)), Call("<=", (left, high))))

    def _in(self, left: Node) -> Node:
        self._expect("(")
        return Call("any", (Constant("="), left, Call("array", self._items(")"))))

    def _type(self) -> str:
        """Read the name of a type, its length or precision left out."""
        name = self._take().text
        if self._accept("."):
            name = self._take().text
        words = [name]
        self._modifiers()
        while self._is(*LONG_TYPES.get(name, ())):
            words.append(self._take().text)
            self._modifiers()
        array = ""
        while self._is("[") and self._tokens[self._at + 1].text == "]":
            self._at += 2
            array = "[]"
        return " ".join(words) + array

    def _modifiers(self) -> None:
        if self._accept("("):
            self._items(")")
