"""What a column's name says of its values."""

from __future__ import annotations

import functools
import importlib
import random
import re
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from harness.data.values.texts import letters

LOCK = threading.Lock()  # of Faker, which draws from one source at a time
Plain = Callable[[random.Random], str]

PEOPLE = re.compile(
    r"user|customer|person|people|employee|author|member|contact|staff|actor|artist|client|owner"
    r"|student|teacher|patient|doctor|guest|player|driver|supplier_contact",
)
# What a column's name has in it, and the method of Faker that draws such a text.
TEXTS = (
    (r"e_?mail", "ascii_safe_email"),
    (r"(first|given|fore)_?name", "first_name"),
    (r"(last|family|sur)_?name", "last_name"),
    (r"user_?name|login|nick_?name|handle$", "user_name"),
    (r"(company|organi[sz]ation)(_?name)?$|employer", "company"),
    (r"^(full|contact|display)_?name$", "name"),
    (r"phone|mobile|(^|_)(fax|tel)$", "phone_number"),
    (r"url|website|home_?page|(^|_)link$", "url"),
    (r"country_?(code|iso)|^iso_?(code|2)$", "country_code"),
    (r"country", "country"),
    (r"(^|_)(city|town)$", "city"),
    (r"(^|_)(state|province|region)$", "state"),
    (r"zip|post(al)?_?code", "postcode"),
    (r"address_?2|line_?2", "secondary_address"),
    (r"ip_?(address)?$", "ipv4"),
    (r"street|address|line_?1", "street_address"),
    (r"currency", "currency_code"),
    (r"time_?zone|^tz$", "timezone"),
    (r"locale", "locale"),
    (r"language", "language_name"),
    (r"colou?r", "color_name"),
    (r"job|occupation", "job"),
    (r"(^|_)(host|domain)(_?name)?$", "domain_name"),
    (r"file_?name", "file_name"),
    (r"mime|content_?type", "mime_type"),
    (r"slug", "slug"),
    (r"isbn", "isbn13"),
    (r"title|subject|headline", "catch_phrase"),
    (r"descri|summary|comment|(^|_)notes?$|^bio$|body|content|message|remark", "sentence"),
)
# Without Faker: what has to look like itself to be taken for valid.
FORMS: dict[str, Plain] = {
    "ascii_safe_email": lambda rng: f"{letters(rng, 8)}@example.com",
    "url": lambda rng: f"https://example.com/{letters(rng, 8)}",
    "phone_number": lambda rng: f"555-01{rng.randrange(100):02}",
    "ipv4": lambda rng: f"192.0.2.{rng.randint(1, 254)}",
    "domain_name": lambda rng: f"{letters(rng, 8)}.example",
}
NUMBERS = (
    (r"price|amount|total|cost|fee$|balance|salary", (1, 1000)),
    (r"(^|_)age$", (18, 90)),
    (r"year", (1990, 2025)),
    (r"(^|_)month$", (1, 12)),
    (r"(^|_)day$", (1, 28)),
    (r"(^|_)hours?$", (0, 23)),
    (r"(^|_)(minute|second)s?$", (0, 59)),
    (r"quantity|qty|(^|_)count$", (1, 10)),
    (r"(^|_)lat(itude)?$", (-90, 90)),
    (r"(^|_)(lng|lon|longitude)$", (-180, 180)),
    (r"percent", (0, 100)),
    (r"rating|stars", (1, 5)),
    (r"discount|ratio|probability", (0, 1)),
    (r"(^|_)port$", (1024, 65535)),
)
BORN = re.compile(r"birth|born|(^|_)dob$")
BIRTHDAYS = (date(1950, 1, 1), date(2005, 12, 31))
DAYS = {"date", "timestamp", "timestamptz"}


def words(name: str) -> str:
    """Return a name in small letters, its words parted by underscores.

    Example:
        >>> words("ContactName")
        'contact_name'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@functools.cache
def usual_range(name: str, kind: str) -> tuple[Any, Any] | None:
    """Return between which values a number or a day of that name usually lies."""
    name = words(name)
    if kind in DAYS:
        return BIRTHDAYS if BORN.search(name) else None
    if kind.startswith(("int", "numeric", "float", "money")):
        return next((usual for part, usual in NUMBERS if re.search(part, name)), None)
    return None


@functools.cache
def method(name: str, table: str) -> str | None:
    """Return Faker's name for what a text column holds; None where its name does not say."""
    name = words(name)
    if name == "name":
        return "name" if PEOPLE.search(words(table)) else None
    return next((method for part, method in TEXTS if re.search(part, name)), None)


@functools.cache
def faker() -> Any:
    """Return Faker, or None where it is not installed."""
    try:
        return importlib.import_module("faker").Faker("en_US")
    except ImportError:
        return None


def text_for(name: str, table: str, rng: random.Random) -> str | None:
    """Draw a text as the name of a column suggests; None where it suggests none.

    Args:
        name: The column's.
        table: The table's: a `name` is a person's in `users`, and not in `products`.
        rng: Where it is drawn from.
    """
    known = method(name, table)
    if known is None:
        return None
    source = faker()
    if source is None:
        form = FORMS.get(known)
        return None if form is None else form(rng)
    with LOCK:
        source.random = rng
        return str(getattr(source, known)())
