"""Files that have a CI system run a project's tests: what is in them, and where they go."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigurationError
from harness.providers.images import PINNED, parse, read

GITHUB, GITLAB = "github", "gitlab"
IMAGES = "images.json"
SERVICES = ("postgres", "redis")  # that run beside the tests, where variables name them
TEMPLATES = Path(__file__).parent / "templates"
OURS = "unittest-harness[postgres,redis,docker,report]"
PROJECT_FILES = ("pyproject.toml", "setup.py")
REQUIREMENTS = "requirements*.txt"
PLACE = re.compile(r"%\{(\w+)\}")  # `$` is what CI systems have


@dataclass(frozen=True)
class Pipeline:
    """How a project's tests are to be run by a CI system.

    Attributes:
        shards: In how many parts.
        pythons: On which versions of Python; the times of the first one are kept.
        install: The shell command that installs the project, and harness.
        images: By the name of the service, each with its digest.
        dependencies: Files that say what is installed.
    """

    shards: int
    pythons: tuple[str, ...]
    install: str
    images: Mapping[str, str]
    dependencies: tuple[str, ...]

    def fill(self, template: str) -> str:
        """Return a template with its places filled."""
        places: dict[str, object] = {
            **self.images,
            "shards": self.shards,
            "numbers": listed(range(1, self.shards + 1)),
            "python": self.pythons[0],
            "pythons": listed(self.pythons),
            "each_python": " ".join(self.pythons),
            "install": self.install,
            "dependencies": ", ".join(self.dependencies),
        }
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        return PLACE.sub(lambda found: str(places[found[1]]), text)

    def files(self, system: str) -> dict[str, str]:
        """Return what to write for a CI system: texts by their paths in the project."""
        if system == GITLAB:
            return {".gitlab-ci.yml": self.fill("gitlab.yml")}
        return {
            ".github/workflows/tests.yml": self.fill("github.yml"),
            ".github/workflows/images.yml": self.fill("github-images.yml"),
            IMAGES: json.dumps(dict(self.images), indent=2) + "\n",
        }


def listed(values: Iterable[object]) -> str:
    """Return a list as YAML has it on one line; versions are texts, or 3.10 would be 3.1.

    Example:
        >>> listed(["3.12", "3.13"]), listed([1, 2])
        ('["3.12", "3.13"]', '[1, 2]')
    """
    return json.dumps(list(values))


def images_of(project: Path) -> dict[str, str]:
    """Return the images of the services: those that the project has chosen, else our own.

    Raises:
        ConfigurationError: Its file cannot be read, lacks one, or one of them is not pinned.
    """
    chosen = project / IMAGES
    ours = read(PINNED)
    if not chosen.is_file():
        return {name: ours[name] for name in SERVICES}
    known = read(chosen)
    for name in SERVICES:
        if name not in known:
            raise ConfigurationError(
                f"{chosen} has no image {name!r}", hint=f'add "{name}": "{ours[name]}"'
            )
    return {name: checked(name, known[name], chosen) for name in SERVICES}


def checked(name: str, reference: str, source: Path) -> str:
    """Return a reference that is pinned, by its tag as well: the tag is what is refreshed.

    Raises:
        ConfigurationError: It is not.
    """
    if not parse(name, reference, source).tag:
        raise ConfigurationError(
            f"the image {name!r} in {source} has no tag: {reference}",
            cause="`harness images refresh` could not tell what it is to become",
            hint="write NAME:TAG@sha256:DIGEST",
        )
    return reference


def install_command(project: Path) -> str:
    """Return how a project, and harness, are installed, by what lies in its directory."""
    parts = [f"-r {shlex.quote(path.name)}" for path in sorted(project.glob(REQUIREMENTS))]
    if any((project / name).is_file() for name in PROJECT_FILES):
        parts.append("-e .")
    return " ".join(["python -m pip install", *parts, f'"{OURS}"'])


def dependencies_of(project: Path) -> tuple[str, ...]:
    """Return the files that say what is installed, at most two: GitLab takes no more."""
    names = [*(path.name for path in sorted(project.glob(REQUIREMENTS))), *PROJECT_FILES]
    there = [name for name in names if (project / name).is_file()]
    return tuple(there[:2]) or (".gitlab-ci.yml",)


def this_python() -> str:
    """Return the version of the Python that runs this."""
    return ".".join(map(str, sys.version_info[:2]))


def taken(project: Path, files: Iterable[str]) -> Iterator[str]:
    """Yield those of the files that are there already."""
    return (name for name in files if (project / name).exists())
