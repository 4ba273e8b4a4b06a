"""Classes of a shop, as its application has them."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field

from harness.data.factories import Factory, sequence, trait


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


@dataclass(frozen=True)
class User:
    id: int
    email: str | None
    name: str
    admin: bool | None = None


@dataclass
class Account:
    id: int
    owner_id: int
    email: str | None
    balance: int
    status: Status = Status.NEW
    paid_at: datetime.datetime | None = None


@dataclass
class OwnedAccount:
    id: int
    owner: User
    balance: int


@dataclass
class Order:
    id: int
    total: int = 3
    lines: list[OrderLine] = field(default_factory=list)
    notes: list[object] = field(default_factory=list)


@dataclass
class OrderLine:
    id: int
    order_id: int
    position: int | None
    price: int


@dataclass
class Category:
    id: int
    name: str | None
    parent: Category | None = None


class UserFactory(Factory[User]):
    email = sequence("user{}@example.com")
    name = "Ada"
    staff = trait(admin=True)
