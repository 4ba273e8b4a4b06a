"""Where an instance answers, and URLs that do not show their password."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

# Also of a text that is no proper URL: what was meant as one must not show its password either.
LOGIN = re.compile(r"^((?:[\w+.-]+://|(?![\w+.-]+://))[^:]*:).*(@)", re.DOTALL)
PARAMETER = re.compile(r"\b((?:ssl)?password\s*=\s*)(?:'[^']*'|[^&#\s]*)", re.IGNORECASE)


class Dsn(str):
    """A URL as a plain `str`, except that its repr masks the password.

    An f-string or `print` shows the whole text: the mask is for debuggers, assertion messages and
    `--locals`, which show reprs.

    Example:
        >>> Dsn("postgresql://me:secret@127.0.0.1/shop")
        'postgresql://me:***@127.0.0.1/shop'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked(self))


def masked(url: str) -> str:
    """Return a URL with its password replaced by asterisks.

    Example:
        >>> masked("postgresql://me:a/b@c@127.0.0.1/shop")
        'postgresql://me:***@127.0.0.1/shop'
    """
    return PARAMETER.sub(r"\1***", LOGIN.sub(r"\1***\2", str(url)))


@dataclass(frozen=True)
class Endpoint:
    """Where an instance answers, and as whom to connect.

    Attributes:
        host: Host name or address.
        port: TCP port.
        user: Role to connect as.
        password: Its password; never in the repr.
        database: Database to connect to first.
        socket: Path of a Unix socket that needs no password, where there is one.
        options: Query parameters of the URL it was read from.
        trusted: Whether it is a server of ours, on this machine: it is reached in the clear.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    socket: str | None = None
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may hold a password
    trusted: bool = False

    @classmethod
    def parse(cls, url: str, default_port: int) -> Endpoint:
        """Read a URL such as `postgresql://user:password@host:port/database?sslmode=disable`.

        Raises:
            ValueError: It is not a URL with a host, or its port is not a number.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # whose text may show a part of a password
            raise ValueError(
                "its host or port cannot be read; "
                "in a password, write / ? # @ [ ] as %2F %3F %23 %40 %5B %5D"
            ) from None
        if not parts.scheme or not parts.hostname:
            raise ValueError("it is not a URL with a host")
        pairs = (item.partition("=") for item in parts.query.split("&") if item)
        return cls(
            host=parts.hostname,
            port=port or default_port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")),
            options=tuple((unquote(name), unquote(value)) for name, _, value in pairs),
        )

    def url(self, scheme: str, database: str | None = None) -> Dsn:
        """Write the endpoint as a URL.

        Args:
            scheme: What stands before `://`, such as `postgresql+asyncpg`.
            database: Another database than the endpoint's own.
        """
        name = self.database if database is None else database
        user = quote(self.user, safe="")
        login = f"{user}:{quote(self.password, safe='')}@" if self.password else f"{user}@"
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = "&".join(f"{quote(key)}={quote(value)}" for key, value in self.options)
        tail = f"?{query}" if query else ""
        login = login if user or self.password else ""
        return Dsn(f"{scheme}://{login}{host}:{self.port}/{quote(name)}{tail}")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, without asking a name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
