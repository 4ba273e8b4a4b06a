"""What every lease on a database makes: rows, and objects with their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from harness.core.lease import Lease
from harness.errors import FactoryError

if TYPE_CHECKING:
    from harness.data.factories.factory import Factory
    from harness.services.rows import Row

T = TypeVar("T")


class MakingLease(Lease):
    """A lease on a database in which rows and objects can be made."""

    @overload
    def make(self, what: str, /, **columns: Any) -> Row: ...
    @overload
    def make(self, what: type[Factory[T]], /, *traits: str, **overrides: Any) -> T: ...
    @overload
    def make(self, what: type[T], /, *traits: str, **overrides: Any) -> T: ...

    def make(self, what: Any, /, *traits: str, **columns: Any) -> Any:
        """Insert a row that satisfies its table, and return it as the database has it.

        What is not given is drawn from the test's seed where the table needs it: types, lengths,
        unique constraints, enums, domains, simple CHECKs. Columns with a default, and those that
        may be NULL, are left to the database. Where a foreign key must not be NULL, a row to refer
        to is made as well.

        Args:
            what: Name of the table; or a class, such as a dataclass, or a factory of one, to get
                an object of it.
            traits: Names of traits that a factory declares.
            columns: Values by column. For a foreign key: a row of the table it refers to, or its
                key; also by the column's name without `_id`, or by that table's. Of an object its
                attributes, and with `owner__name` those of an object that it refers to.

        Raises:
            MakeError: No row was found that the table accepts; with the column to give.
            FactoryError: There is no such trait or attribute; with the nearest.

        Example:
            ::

                order = self.db.make("orders", total=10)
                self.db.make("lines", order=order, quantity=2)
                account = self.db.make(Account, "paid", balance=1000)
        """
        if isinstance(what, str):
            check_no_traits(what, traits)
            return self._make_row(what, columns)
        from harness.data.factories.making import make_object

        return make_object(self, what, traits, columns)

    @overload
    def make_many(self, what: str, count: int, /, **columns: Any) -> list[Row]: ...
    @overload
    def make_many(
        self, what: type[Factory[T]], count: int, /, *traits: str, **overrides: Any
    ) -> list[T]: ...
    @overload
    def make_many(
        self, what: type[T], count: int, /, *traits: str, **overrides: Any
    ) -> list[T]: ...

    def make_many(self, what: Any, count: int, /, *traits: str, **columns: Any) -> list[Any]:
        """Make rows or objects as `make` does, each with values and parents of its own.

        Args:
            what: Name of the table, or a class.
            count: How many.
            traits: Traits that all of them have.
            columns: Values that all of them have.
        """
        return [self.make(what, *traits, **columns) for _ in range(count)]

    def exists(self, table: str) -> bool:
        """Tell whether there is a table, or a view, of that name."""
        raise NotImplementedError

    def table_names(self) -> list[str]:
        """Return the names of all tables and views, with their schema where it is needed."""
        raise NotImplementedError

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns, in order."""
        raise NotImplementedError

    def _make_row(self, table: str, columns: Mapping[str, Any]) -> Row:
        """Insert a row that satisfies its table."""
        raise NotImplementedError


def check_no_traits(table: str, traits: tuple[object, ...]) -> None:
    """Do nothing where none are asked for.

    Raises:
        FactoryError: A table's name stands with traits, which only classes have.
    """
    if traits:
        raise FactoryError(
            f"make({table!r}, {', '.join(map(repr, traits))}): {table!r} is a table, which has no "
            "traits",
            hint="give columns by name, or make a class whose factory declares the trait",
        )
