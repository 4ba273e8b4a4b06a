"""Why no container could be made or started, from what the daemon says."""

from __future__ import annotations

from harness.core.recipe import ContainerRecipe
from harness.errors import ImageError, StartError
from harness.providers.images import Image

PULL = (
    "try `docker pull {image}`, or name a mirror's image for {name!r} in a file in HARNESS_IMAGES"
)

# What the daemon or its client says, the likely cause, and the next step.
FAILURES = (
    (
        ("No space left on device",),
        "the disk is full",
        "make room: `docker system df` tells what images take",
    ),
    (
        ("Read timed out", "timed out", "Connection aborted"),
        "the Docker daemon stopped answering",
        "restart the daemon; `harness clean` then removes what it may have made",
    ),
    (
        ("lookup", "dial tcp", "connection refused"),
        "the registry cannot be reached",
        PULL,
    ),
    (
        ("exec format error", "no matching manifest"),
        "the image is for another processor architecture",
        "write the digest of an image for this machine: `docker manifest inspect` lists them",
    ),
    (
        ("executable file not found", "no such file or directory"),
        "its command is not in the image",
        "try `docker run --rm --entrypoint sh {image}`, and look for it",
    ),
    (
        ("unauthorized", "no basic auth", "access to the resource is denied"),
        "the registry wants a login, or another one",
        "log in with `docker login`, which keeps it in Docker's own configuration",
    ),
    (
        ("manifest unknown", "not found", "No such image"),
        "the registry has no image of that digest, or it is private",
        PULL,
    ),
)


def failed(recipe: ContainerRecipe, image: Image, error: Exception) -> StartError:
    """Return the error for a container that could not be made or started."""
    cause, hint = likely(error, "try `docker run {image}`")
    return StartError(
        f"no container could be started from {image.reference}: {explanation(error)}",
        cause=cause,
        hint=hint.format(image=image.reference, name=recipe.image),
    )


def not_fetched(name: str, image: Image, error: Exception) -> ImageError:
    """Return the error for an image that could not be pulled, or not be saved."""
    cause, hint = likely(error, PULL)
    return ImageError(
        f"{image} could not be fetched: {explanation(error)}",
        cause=cause,
        hint=hint.format(image=image.reference, name=name),
    )


def likely(error: Exception, otherwise: str) -> tuple[str | None, str]:
    """Return the likely cause of a failure, if one is known, and the next step."""
    said = f"{error} {explanation(error)}"
    known = (entry[1:] for entry in FAILURES if any(words in said for words in entry[0]))
    return next(known, (None, otherwise))


def explanation(error: Exception) -> str:
    """Return what the daemon said, without the client's wrapping."""
    return str(getattr(error, "explanation", None) or error)
