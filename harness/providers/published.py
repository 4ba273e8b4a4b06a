"""What a registry of images has published under a tag: asked over its HTTP API, version 2."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException

from harness.core.endpoint import is_loopback
from harness.errors import ImageError

HUB, HUB_HOST, OFFICIAL = "docker.io", "registry-1.docker.io", "library"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PARAMETER = re.compile(r'(\w+)="([^"]*)"')
TIMEOUT = 20.0  # seconds that a registry has for one answer
# An image for several platforms first: its digest is the same on each of them.
KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Repository:
    """Where images of one name are published.

    Attributes:
        host: The registry, with its port where that is not the usual one.
        path: The name there.
    """

    host: str
    path: str

    @classmethod
    def of(cls, name: str) -> Repository:
        """Return where images of a name are, as Docker reads it.

        Example:
            >>> Repository.of("postgres")
            Repository(host='registry-1.docker.io', path='library/postgres')
            >>> Repository.of("ghcr.io/shopify/toxiproxy").host
            'ghcr.io'
        """
        host, slash, path = name.partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            host, path = HUB, name
        if host == HUB:
            return cls(HUB_HOST, path if "/" in path else f"{OFFICIAL}/{path}")
        return cls(host, path)

    def manifest(self, tag: str) -> str:
        """Return the URL of what is published under a tag."""
        plain = is_loopback(urllib.parse.urlsplit(f"//{self.host}").hostname or "")
        return f"{'http' if plain else 'https'}://{self.host}/v2/{self.path}/manifests/{tag}"


def published_digest(name: str, tag: str) -> str:
    """Return the digest of what a tag means now.

    Args:
        name: Of the image, with its registry unless that is Docker Hub.
        tag: The tag.

    Raises:
        ImageError: The registry does not answer, refuses, or has no such tag.

    Example:
        ``published_digest("postgres", "17.6-alpine")`` returns ``"sha256:..."``.
    """
    url = Repository.of(name).manifest(tag)
    try:
        headers, body = answer_to(url)
    except urllib.error.HTTPError as error:
        with error:
            raise refusal(name, tag, error) from error
    except (OSError, HTTPException, ValueError) as error:
        raise ImageError(
            f"no digest for {name}:{tag}: {url} does not answer",
            cause=str(error),
            hint="try again where the registry can be reached; nothing was changed",
        ) from error
    told = headers.get("Docker-Content-Digest", "")
    return told if DIGEST.fullmatch(told) else f"sha256:{hashlib.sha256(body).hexdigest()}"


def refusal(name: str, tag: str, error: urllib.error.HTTPError) -> ImageError:
    """Return what to say of a registry that answers something else than a manifest."""
    private = error.code in (401, 403)
    return ImageError(
        f"no digest for {name}:{tag}: the registry answers {error.code} {error.reason}",
        cause="the image is private, or there is none" if private else "there is no such tag",
        hint="only what everybody may pull can be looked up" if private else "look at the tag",
    )


def answer_to(url: str) -> tuple[Mapping[str, str], bytes]:
    """Return the headers and the body of a manifest; get the token that a registry asks for."""
    headers = {"Accept": ", ".join(KINDS)}
    try:
        return fetched(url, headers)
    except urllib.error.HTTPError as error:
        challenge = error.headers.get("WWW-Authenticate", "")
        if error.code != 401 or not challenge.lower().startswith("bearer "):
            raise
        error.close()
        return fetched(url, {**headers, "Authorization": f"Bearer {token_for(challenge)}"})


def token_for(challenge: str) -> str:
    """Return the token that anybody gets, from where a registry says that it is given."""
    asked = dict(PARAMETER.findall(challenge))
    query = urllib.parse.urlencode({k: asked[k] for k in ("service", "scope") if k in asked})
    _, body = fetched(f"{asked.get('realm', '')}?{query}", {})
    given = json.loads(body)
    return str(given.get("token") or given.get("access_token", ""))


def fetched(url: str, headers: Mapping[str, str]) -> tuple[Mapping[str, str], bytes]:
    """Return the headers and the body that are at a URL."""
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        return response.headers, response.read()
