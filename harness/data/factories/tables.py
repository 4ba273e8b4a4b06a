"""Which table the objects of a class are rows of, where nobody says it."""

from __future__ import annotations

import re
from typing import Protocol

from harness.core.nearest import nearest
from harness.errors import FactoryError

BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
HISSING = re.compile(r"(s|x|z|ch|sh)$")
IRREGULAR = {"person": "people", "child": "children"}


def snake(name: str) -> str:
    """Return a class's name in lower case, its words apart.

    Example:
        >>> snake("OrderLine"), snake("HTTPLog")
        ('order_line', 'http_log')
    """
    return BORDER.sub("_", name).lower()


def plural(words: str) -> str:
    """Return the plural of the last of some words.

    Example:
        >>> plural("order_line"), plural("category"), plural("tax"), plural("sales_person")
        ('order_lines', 'categories', 'taxes', 'sales_people')
    """
    head, border, last = words.rpartition("_")
    return head + border + plural_word(last)


def plural_word(word: str) -> str:
    """Return the plural of an English word, near enough."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if re.search("[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if HISSING.search(word) else f"{word}s"


def likely_tables(model: type) -> list[str]:
    """Return the names that the table of a class may have, the likeliest first."""
    own = getattr(model, "__tablename__", None)
    word = snake(model.__name__)
    return [own] if isinstance(own, str) else [plural(word), word]


class Tables(Protocol):
    """A lease, as far as its tables are asked for."""

    def exists(self, table: str) -> bool:
        """Tell whether there is a table of that name."""

    def table_names(self) -> list[str]:
        """Return the names of all tables."""


def find_table(model: type, names: list[str], db: Tables) -> str:
    """Return the first of some names that a table has.

    Raises:
        FactoryError: There is none of them; with the nearest that there is.
    """
    for name in names:
        if db.exists(name):
            return name
    near = nearest(names[0], db.table_names())
    table = near or "..."
    raise FactoryError(
        f"no table for {model.__qualname__}: there is no {' and no '.join(names)}",
        cause="its table has another name, or its migration is not in this database",
        hint=f"class {model.__name__}Factory(Factory[{model.__name__}], table={table!r}): ...",
    )
