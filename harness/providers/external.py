"""Servers that somebody else runs, named by a URL in the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

from harness.core.endpoint import Endpoint, is_loopback, masked
from harness.core.recipe import Recipe, UrlRecipe
from harness.core.registry.claim import Claim
from harness.core.settings import Settings
from harness.errors import CapabilityError, StartError
from harness.providers.unwatched import Unwatched

PORT = re.compile(r":\d+$")


@dataclass
class ExternalServer(Unwatched):
    """A server that is not ours: it is never started, and never stopped."""

    endpoint: Endpoint
    provenance: str
    fresh = False
    secrets: tuple[str, ...] = field(default=(), repr=False)
    inside: tuple[str, int] | None = None

    @property
    def identity(self) -> str:
        """Where it is: there is no other way to tell it from its successor."""
        return f"{self.endpoint.host}:{self.endpoint.port}"

    def likely_cause(self) -> str | None:
        """Return what is most likely if it does not answer."""
        return f"no server runs at {self.endpoint.host}:{self.endpoint.port}, or the URL is wrong"

    def is_outlived(self) -> bool:
        """Return that it goes on without us."""
        return True

    def has_peers(self) -> bool:
        """Return that others may use it: there is no telling."""
        return True

    def refusal_of(self, done: str) -> CapabilityError:
        """Return the error for what only a server of ours can be told."""
        return CapabilityError(
            f"the server at {self.identity} cannot be {done}",
            cause="it was found by its URL, and is not ours",
            hint="run this service with HARNESS_PROVIDERS=docker,embedded",
        )


class External:
    """The provider of servers named by `DATABASE_URL` and its like."""

    name = "external"
    shares = False
    patience = 5.0  # it should run already: a wrong URL must not cost a minute

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return that the variable is not set, or names what cannot be used; or None."""
        assert isinstance(recipe, UrlRecipe)
        url = settings.environ.get(recipe.variable)
        return recipe.unfit(url) if url else f"{recipe.variable} is not set"

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return the variable and where it points, without the password."""
        assert isinstance(recipe, UrlRecipe)
        return f"{recipe.variable}={masked(settings.environ[recipe.variable])}"

    def place(self, settings: Settings) -> str:
        """Return nothing: a server is told by its URL."""
        return ""

    def start(self, recipe: Recipe, settings: Settings, claim: Claim | None) -> ExternalServer:
        """Read the URL; connects to nothing.

        Raises:
            StartError: It is no URL, of another kind, or of another machine.
        """
        assert isinstance(recipe, UrlRecipe)
        url = settings.environ[recipe.variable]
        endpoint = read(url, recipe)
        remote = [host for host in hosts(endpoint, recipe) if not is_loopback(host)]
        if remote and not (settings.in_ci or settings.allow_remote):
            raise StartError(
                f"{recipe.variable} names a server on another machine: {remote[0]}",
                cause="tests run against servers of this machine unless CI is set",
                hint="set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests",
            )
        return ExternalServer(endpoint, f"{recipe.variable}={masked(url)}")

    def attach(self, recipe: Recipe, settings: Settings, claim: Claim) -> ExternalServer:
        """Read the URL: there is nothing to attach to."""
        return self.start(recipe, settings, claim)


def read(text: str, recipe: UrlRecipe) -> Endpoint:
    """Read the URL of a server, or the addresses of several where those will do.

    Raises:
        StartError: It is no URL, or one for another kind of server.
    """
    url = of_addresses(text, recipe) if recipe.servers and "://" not in text else text
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in recipe.schemes and "://" in url:
        raise unusable(text, recipe, f"{scheme}:// is for another kind of server")
    try:
        return Endpoint.parse(url, recipe.default_port)
    except ValueError as error:
        cause = str(error)
    raise unusable(text, recipe, cause)  # outside: frames of the parser hold the password


def of_addresses(text: str, recipe: UrlRecipe) -> str:
    """Return a URL for the first of several addresses, which has all of them as an option."""
    first, comma, _ = text.partition(",")
    every = f"?{recipe.servers}={quote(text)}" if comma else ""
    return f"{recipe.schemes[0]}://{first.strip()}{every}"


def hosts(endpoint: Endpoint, recipe: UrlRecipe) -> list[str]:
    """Return the hosts of all servers that an endpoint stands for."""
    every = dict(endpoint.options).get(recipe.servers, "")
    others = [PORT.sub("", address.strip()).strip("[]") for address in every.split(",") if address]
    return [endpoint.host, *others]


def unusable(url: str, recipe: UrlRecipe, cause: str) -> StartError:
    """Return the error for a URL that cannot be used."""
    return StartError(
        f"{recipe.variable} has the value {masked(url)!r}",
        cause=cause,
        hint=f"write {recipe.schemes[0]}://user:password@host:{recipe.default_port}/database, "
        f"or leave {recipe.variable} out with HARNESS_PROVIDERS=docker,embedded",
    )


PROVIDER = External()
