"""A PostgreSQL installation of shell scripts, for tests of what is prepared before one runs."""

from harness.core.recipe import Account
from harness.services.postgres import datadir
from harness.services.postgres.binaries import Installation
from tests.support.unit import DirectoryTest

INITDB = """
echo "$@" >> {log}
while [ $# -gt 0 ]; do [ "$1" = -D ] && data=$2; shift; done
mkdir -p "$data/base/1"
echo 1 > "$data/base/1/1259"
echo 15 > "$data/PG_VERSION"
"""


class InstallationTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.made = self.directory / "made"
        self.program("bin/postgres", "echo 'postgres (PostgreSQL) 15.13'")
        self.program("bin/initdb", INITDB.format(log=self.made))
        self.installation = Installation(self.directory / "bin", "15.13", "system")
        self.cache = self.directory / "cache"
        self.count = 0

    def fill(self, cache=None):
        """Prepare a new data directory, and return it."""
        self.count += 1
        data = self.directory / f"home{self.count}" / "data"
        data.parent.mkdir()
        settings = self.settings(HARNESS_CACHE_DIR=str(cache or self.cache))
        datadir.fill(data, self.installation, Account(), settings)
        return data

    @property
    def times(self):
        """How often initdb ran."""
        return len(self.made.read_text().splitlines()) if self.made.exists() else 0

    def cached(self):
        return [place.name for place in self.cache.iterdir()]

    def assertWhole(self, data):
        self.assertEqual("15\n", (data / "PG_VERSION").read_text())
        self.assertEqual("1\n", (data / "base" / "1" / "1259").read_text())
