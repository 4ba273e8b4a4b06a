"""Reading the values of settings, all of which are text."""

from __future__ import annotations

from pathlib import Path

from harness.core.order import check_service, words

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
STORES = ("postgres", "sqlite")
OWN = "own"
FLAKY = ("fail", "pass")
FAULT_PROXIES = ("any", OWN)
CI_PLATFORMS = ("auto", "github", "gitlab", "none")


def parse_flag(text: str) -> bool:
    """Read a yes or no, in the words that setup.cfg users write."""
    if text.strip().lower() in TRUE:
        return True
    if text.strip().lower() in FALSE:
        return False
    raise ValueError("expected yes or no")


def parse_store(text: str) -> str:
    """Read the name of what runs a `Store`."""
    if text not in STORES:
        raise ValueError(f"expected one of: {', '.join(STORES)}")
    return text


def parse_fault_proxy(text: str) -> str:
    """Read which fault proxy proxied services are reached through."""
    if text not in FAULT_PROXIES:
        raise ValueError(f"expected one of: {', '.join(FAULT_PROXIES)}")
    return text


def parse_flaky(text: str) -> str:
    """Read what becomes of a run with flaky tests."""
    if text not in FLAKY:
        raise ValueError(f"expected one of: {', '.join(FLAKY)}")
    return text


def parse_percent(text: str) -> float:
    """Read a percentage; return it as a share.

    Example:
        >>> parse_percent("0.5")
        0.005
    """
    percent = float(text)
    if not 0 <= percent <= 100:
        raise ValueError("expected a percentage, from 0 to 100")
    return percent / 100


def parse_ci_platform(text: str) -> str:
    """Read the name of the platform of CI whose marks a run's output has."""
    if text not in CI_PLATFORMS:
        raise ValueError(f"expected one of: {', '.join(CI_PLATFORMS)}")
    return text


def parse_seconds(text: str) -> float:
    """Read a positive number of seconds."""
    seconds = float(text)
    if not seconds > 0:
        raise ValueError("expected a number of seconds above 0")
    return seconds


def parse_count(text: str) -> int:
    """Read a whole number that is not negative."""
    number = int(text)
    if number < 0:
        raise ValueError("expected a whole number, 0 or above")
    return number


def parse_optional_size(text: str) -> float | None:
    """Read a positive number of MiB, or None from an empty text."""
    if not text.strip():
        return None
    size = float(text)
    if not 0 < size < float("inf"):
        raise ValueError("expected a number of MiB above 0")
    return size


def parse_capacity(text: str) -> dict[str, int]:
    """Read how many workers may use each of several kinds of services.

    Raises:
        ConfigurationError: A kind looks like a misspelt one of ours.

    Example:
        >>> parse_capacity("redis=4, postgres=20")
        {'redis': 4, 'postgres': 20}
    """
    found = {}
    for word in words(text):
        kind, _, number = map(str.strip, word.partition("="))
        if not kind or not number.isdecimal() or int(number) < 1:
            raise ValueError(f"{word}: expected SERVICE=N with N above 0")
        found[check_service(kind)] = int(number)
    return found


def parse_optional_int(text: str) -> int | None:
    """Read a whole number, or None from an empty text."""
    return int(text) if text.strip() else None


def parse_optional_path(text: str) -> Path | None:
    """Read a path, or None from an empty text."""
    return Path(text).expanduser() if text.strip() else None


def parse_patterns(text: str) -> tuple[str, ...]:
    """Read patterns of files, with commas or line ends."""
    return tuple(words(text))
