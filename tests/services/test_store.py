"""A `Store` as a test declares it, and the service that it means."""

import unittest

from harness import Environment, Postgres, SQLite, Store
from harness.errors import ConfigurationError, ServiceDefinitionError
from tests.support.unit import DirectoryTest


def migrate(db):
    """A migration; what a service can be made from."""


class MeaningTest(DirectoryTest):
    def meant(self, store, by=None):
        variables = {"HARNESS_STORE": by} if by else {}
        return store.meant(self.settings(**variables))

    def test_it_is_postgres_unless_the_setting_says_sqlite(self):
        store = Store(migrations=migrate, isolation="commit", name="a")

        self.assertEqual(Postgres(migrate, isolation="commit", name="a"), self.meant(store))
        expected = SQLite(migrate, isolation="commit", name="a")
        self.assertEqual(expected, self.meant(store, "sqlite"))

    def test_a_file_can_set_it(self):
        self.write("setup.cfg", "[harness]\nstore = sqlite\n")

        self.assertEqual(SQLite(), self.meant(Store()))

    def test_another_word_is_an_error(self):
        with self.assertRaisesRegex(ConfigurationError, "'mysql', set by HARNESS_STORE"):
            self.meant(Store(), "mysql")

    def test_each_database_has_options_of_its_own(self):
        store = Store(
            "both", postgres=Postgres(version="16"), sqlite=SQLite("other", foreign_keys=False)
        )

        both = self.directory / "both"
        self.assertEqual(Postgres(migrations=both, version="16"), self.meant(store, "postgres"))
        self.assertEqual(SQLite("other", foreign_keys=False), self.meant(store, "sqlite"))

    def test_migrations_lie_in_a_folder_of_the_database_where_there_is_one(self):
        for name in ("postgres", "sqlite"):
            self.write(f"apart/{name}/1.sql")
        self.write("same/1.sql")

        for name in ("postgres", "sqlite"):
            self.assertEqual(self.directory / "same", self.meant(Store("same"), name).migrations)
            self.assertEqual(
                self.directory / "apart" / name, self.meant(Store("apart"), name).migrations
            )

    def test_a_folder_for_the_other_one_alone_is_an_error(self):
        self.write("apart/postgres/1.sql")

        with self.assertRaises(ConfigurationError) as raised:
            self.meant(Store("apart"), "sqlite")

        words = f"there are no migrations for sqlite in {self.directory}/apart\n"
        self.assertTrue(str(raised.exception).startswith(words))
        self.assertIn("or run with HARNESS_STORE=postgres", str(raised.exception))

    def test_a_seed_file_of_the_database_goes_before_the_common_one(self):
        for name in ("seeds/a.sql", "seeds/b.sql", "seeds/sqlite/b.sql"):
            self.write(name)
        store, seeds = Store(seeds=("seeds/a.sql", "seeds/b.sql")), self.directory / "seeds"

        self.assertEqual((seeds / "a.sql", seeds / "b.sql"), self.meant(store).seeds)
        expected = (seeds / "a.sql", seeds / "sqlite" / "b.sql")
        self.assertEqual(expected, self.meant(store, "sqlite").seeds)

    def test_an_environment_asks_once(self):
        environment = Environment(self.settings(HARNESS_STORE="sqlite"))
        store = Store(migrations="m")

        self.assertIs(environment.meant(store), environment.meant(Store(migrations="m")))
        self.assertEqual(Postgres(), environment.meant(Postgres()))


class DefinitionTest(unittest.TestCase):
    def test_a_wrong_option_says_what_to_write_instead(self):
        for options, words in (
            (
                {"isolation": "comit"},
                "Store(isolation='comit'): unknown isolation\n  next: did you",
            ),
            (
                {"migrations": 7},
                "Store(migrations=7): neither a directory nor a tool nor a callable",
            ),
            ({"seeds": "a.sql"}, "Store(seeds='a.sql'): the option is one str"),
            (
                {"postgres": SQLite()},
                "Store(postgres=SQLite()): not a Postgres\n  next: write postgres=P",
            ),
            ({"sqlite": "m"}, "Store(sqlite='m'): not a SQLite"),
            ({"postgres": Postgres(isolation="commit")}, "isolation and alias are not for one"),
            ({"postgres": Postgres(alias="db")}, "isolation and alias are not for one"),
        ):
            with self.subTest(options):
                with self.assertRaises(ServiceDefinitionError) as raised:
                    Store(**options)
                self.assertIn(words, str(raised.exception))

    def test_it_has_no_address_for_other_services(self):
        with self.assertRaisesRegex(ServiceDefinitionError, r"Store\(\) has no address"):
            Store().address("{url}")
