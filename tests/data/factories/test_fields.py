"""Classes of other kinds than dataclasses, and values of other types than their columns'."""

import datetime
import decimal
import importlib.util
import unittest
import uuid
from dataclasses import dataclass
from typing import Optional

from harness.data.factories import Factory
from harness.data.factories.conversion import restored
from harness.data.factories.fields import fields_of
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import Status


def needs(module):
    return unittest.skipUnless(importlib.util.find_spec(module), f"{module} is not installed")


class OtherClassesTest(FactoryTest):
    @needs("attrs")
    def test_a_class_of_attrs(self):
        import attrs

        @attrs.frozen
        class Order:
            id: int
            _total: int
            lines: list[int] = attrs.Factory(list)
            label: str = attrs.Factory(lambda self: f"order {self.id}", takes_self=True)

        class OrderFactory(Factory[Order], columns={"_total": "total"}):
            pass

        self.assertEqual(Order(1, 5), self.make(Order, total=5))
        self.assertEqual("order 2", self.make(Order, total=5).label)

    @needs("pydantic")
    def test_a_model_of_pydantic(self):
        import pydantic

        class Order(pydantic.BaseModel):
            id: int
            total: int = pydantic.Field(alias="sum", default=4)
            lines: list[int] = pydantic.Field(default_factory=list)

        self.assertEqual(Order(id=1, sum=4), self.make(Order))
        self.assertEqual(Order(id=2, sum=5), self.make(Order, total=5))


class HintTest(unittest.TestCase):
    def test_a_hint_that_cannot_be_evaluated_is_none(self):
        @dataclass
        class Order:
            id: int
            color: "Unknown"  # noqa: F821

        self.assertEqual([int, None], [field.hint for field in fields_of(Order).values()])

    def test_what_a_column_gives_becomes_what_the_field_holds(self):
        cases = [
            ("paid", Status, Status.PAID),
            ("paid", Status | None, Status.PAID),
            (None, Status | None, None),
            (1, bool, True),
            (0, Optional[bool], False),  # noqa: UP045
            ("2024-02-29", datetime.date, datetime.date(2024, 2, 29)),
            ("2024-02-29 12:00:00", datetime.datetime, datetime.datetime(2024, 2, 29, 12)),
            ("12:30", datetime.time, datetime.time(12, 30)),
            (0.1, decimal.Decimal, decimal.Decimal("0.1")),
            (str(uuid.UUID(int=1)), uuid.UUID, uuid.UUID(int=1)),
            (datetime.date(2024, 2, 29), datetime.date, datetime.date(2024, 2, 29)),
            (90.5, datetime.timedelta, datetime.timedelta(seconds=90, milliseconds=500)),
            ([1], list[int], [1]),
            ("[1]", list[int], [1]),
            ('{"a": 1}', dict[str, int], {"a": 1}),
            (3, int | str, 3),
            ({"a": 1}, dict, {"a": 1}),
            ("a", None, "a"),
        ]
        for value, hint, expected in cases:
            with self.subTest(value=value, hint=hint):
                self.assertEqual(expected, restored(value, hint))
                self.assertIs(type(expected), type(restored(value, hint)))


class SqliteTest(FactoryTest):
    def test_what_sqlite_has_no_types_for_is_as_the_class_has_it(self):
        @dataclass
        class Event:
            id: uuid.UUID
            at: datetime.datetime
            day: datetime.date
            took: datetime.timedelta
            price: decimal.Decimal
            done: bool
            tags: list[str]

        event = Event(
            uuid.UUID(int=1),
            datetime.datetime(2024, 2, 29, 12, 30),
            datetime.date(2024, 2, 29),
            datetime.timedelta(hours=1),
            decimal.Decimal("1.25"),
            True,
            ["a"],
        )

        self.assertEqual(event, self.make(Event, **vars(event)))
        for name, value in vars(self.make(Event, tags=["a"])).items():
            self.assertIs(type(vars(event)[name]), type(value), name)
