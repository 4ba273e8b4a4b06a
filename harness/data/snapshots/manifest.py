"""What a snapshot says of itself: where its content comes from, and what was masked."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.data.catalog import Catalog

FORMAT = 1


@dataclass(frozen=True)
class TableData:
    """The rows of one table.

    Attributes:
        name: Of the table, as SQL writes it, with its schema.
        columns: Those that were saved.
        rows: How many there are.
        member: The part of the file that holds them.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    member: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says of itself.

    Attributes:
        saved: When, ISO 8601 in UTC.
        harness: Version of the package that made it.
        server: Version of the server, for people.
        server_version: The same as a number, such as 150013.
        pg_dump: Version of the program that wrote the schema.
        schema: Digest of the schema.
        tables: Those whose rows it holds.
        masks: Way of masking of each masked column, by its name.
        left_out: Columns without their values.
        without_rows: Tables whose rows were not saved, with the reason.
        sequences: Name, last value and whether that was handed out, of each sequence.
        large_objects: How many the database has; they are not saved.
    """

    saved: str
    harness: str
    server: str
    server_version: int
    pg_dump: str
    schema: str
    tables: tuple[TableData, ...]
    masks: dict[str, str]
    left_out: tuple[str, ...]
    without_rows: dict[str, str]
    sequences: tuple[tuple[str, int, bool], ...]
    large_objects: int

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps({"snapshot": FORMAT, **dataclasses.asdict(self)}, indent=1)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Manifest:
        """Make it from what JSON held.

        Raises:
            KeyError, TypeError: Something is missing, or is something else.
        """
        fields = {field.name: data[field.name] for field in dataclasses.fields(cls)}
        fields["tables"] = tuple(
            TableData(**{**table, "columns": tuple(table["columns"])}) for table in data["tables"]
        )
        fields["sequences"] = tuple((name, *state) for name, *state in data["sequences"])
        fields["left_out"] = tuple(data["left_out"])
        return cls(**fields)

    @property
    def major(self) -> int:
        """The major version of its server."""
        return self.server_version // 10000

    def lines(self) -> Iterator[str]:
        """Yield what there is to say of it, for people."""
        yield f"saved {self.saved} by harness {self.harness}, pg_dump {self.pg_dump}"
        yield f"PostgreSQL {self.server}, schema {self.schema}"
        for table in self.tables:
            yield f"{table.name}: {table.rows:,} rows"
        for column, way in self.masks.items():
            yield f"{column}: masked, {way}"
        for column in self.left_out:
            yield f"{column}: left out"
        for name, reason in self.without_rows.items():
            yield f"{name}: no rows, {reason}"
        if self.large_objects:
            yield f"{self.large_objects:,} large objects are not in it"


def digest(catalog: Catalog) -> str:
    """Return the digest of a schema, as 16 hex digits."""
    text = json.dumps(sorted((*key, said) for key, said in catalog.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
