"""PostgreSQL as a test declares it."""

import copy
import dataclasses
import pickle
import unittest
from pathlib import Path
from types import SimpleNamespace

from harness import Alembic, Command, Postgres
from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe, UrlRecipe
from harness.errors import NotALeaseError, ServiceDefinitionError
from harness.services.postgres.cluster import PostgresProcess
from harness.services.postgres.lease import PostgresLease
from tests.support.unit import run_python


def migrate(db):
    """A migration; what a service can be made from."""


class DefinitionTest(unittest.TestCase):
    def refused(self, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Postgres(**options)
        return str(caught.exception)

    def test_an_unknown_isolation_names_the_nearest(self):
        self.assertEqual(
            "Postgres(isolation='comit'): unknown isolation\n  next: did you mean commit?",
            self.refused(isolation="comit"),
        )

    def test_an_unknown_driver_names_the_nearest(self):
        self.assertEqual(
            "Postgres(driver='psycopg2'): unknown driver\n  next: did you mean psycopg?",
            self.refused(driver="psycopg2"),
        )

    def test_a_snapshot_is_a_path(self):
        self.assertEqual(
            "Postgres(snapshot=5): not a path\n"
            '  next: write snapshot="shop.dump", a file of `harness snapshot save`',
            self.refused(snapshot=5),
        )

    def test_a_word_of_another_type_is_unknown_too(self):
        self.assertIn("Postgres(isolation=None): unknown isolation", self.refused(isolation=None))

    def test_one_that_is_proxied_has_a_fault_proxy_beside_it_and_the_same_server(self):
        proxied = Postgres(proxied=True)

        self.assertEqual([], list(Postgres().beside()))
        self.assertEqual(["toxiproxy"], [other.kind for other in proxied.beside()])
        self.assertEqual(Postgres().instance_key(), proxied.instance_key())

    def test_a_mutable_option_says_what_to_write_instead(self):
        for option, value, instead in (
            ("seeds", ["a.sql"], "seeds=('a.sql',)"),
            ("extensions", {"pgcrypto"}, "extensions=('pgcrypto',)"),
            ("settings", {"work_mem": "1MB"}, "settings=(('work_mem', '1MB'),)"),
            ("settings", [["work_mem", "1MB"]], "settings=(('work_mem', '1MB'),)"),
        ):
            with self.subTest(option, value=value):
                self.assertTrue(self.refused(**{option: value}).endswith(f"next: write {instead}"))

    def test_one_text_is_no_tuple_of_them(self):
        for option in ("seeds", "extensions"):
            self.assertEqual(
                f"Postgres({option}='a'): the option is one str, not a tuple of them\n"
                f"  next: write {option}=('a',)",
                self.refused(**{option: "a"}),
            )

    def test_one_path_is_no_tuple_of_them(self):
        self.assertIn("not a tuple of them", self.refused(seeds=Path("a.sql")))

    def test_settings_are_pairs_of_texts(self):
        for value in ("work_mem=1MB", ("work_mem", "1MB"), (("work_mem",),), (("work_mem", 1),)):
            with self.subTest(value):
                self.assertIn(
                    'is not a pair of texts\n  next: write settings=(("work_mem", "64MB"),)',
                    self.refused(settings=value),
                )

    def test_every_good_option_is_accepted(self):
        Postgres(
            migrations=Path("migrations"),
            seeds=("a.sql", Path("b.sql")),
            isolation="readonly",
            version="16",
            image="postgres",
            extensions=("pgcrypto",),
            settings=(("work_mem", "1MB"),),
            name="a",
        )


class ValueTest(unittest.TestCase):
    def test_equal_options_make_equal_services(self):
        self.assertEqual(Postgres(migrations="m"), Postgres("m"))
        self.assertEqual(hash(Postgres(migrations="m")), hash(Postgres("m")))
        self.assertNotEqual(Postgres(name="a"), Postgres(name="b"))

    def test_copies_are_equal(self):
        service = Postgres(migrations=migrate, extensions=("pgcrypto",), name="a")
        for twin in (
            copy.copy(service),
            copy.deepcopy(service),
            pickle.loads(pickle.dumps(service)),
            dataclasses.replace(service),
        ):
            self.assertEqual(service, twin)

    def test_its_repr_shows_what_is_not_the_default(self):
        self.assertEqual("Postgres()", repr(Postgres()))
        self.assertEqual(
            "Postgres(migrations='m', isolation='commit')",
            repr(Postgres(migrations="m", isolation="commit")),
        )

    def test_used_as_a_lease_it_says_how_to_get_one(self):
        for name in ("connection", "execute", "dsn", "count"):
            with self.subTest(name), self.assertRaises(NotALeaseError) as caught:
                getattr(Postgres(), name)
            self.assertIn(
                f"Postgres() is a service, not a lease: it has no attribute {name!r}",
                str(caught.exception),
            )

    def test_what_a_lease_needs_of_the_server_is_its_key(self):
        key = Postgres().instance_key()

        for option in (
            {"migrations": "m"},
            {"isolation": "commit"},
            {"name": "a"},
            {"seeds": ("a",)},
        ):
            self.assertEqual(key, Postgres(**option).instance_key(), option)
        for option in (
            {"version": "16"},
            {"image": "postgres"},
            {"extensions": ("a",)},
            {"settings": (("a", "b"),)},
        ):
            self.assertNotEqual(key, Postgres(**option).instance_key(), option)

    def test_making_one_imports_nothing_of_a_server(self):
        code = """
import sys
from harness import Postgres
Postgres(migrations="m", seeds=("a",), settings=(("a", "b"),))
print([name for name in sys.modules if name.split(".")[0] in ("pg8000", "docker", "platformdirs")])
"""
        self.assertEqual("[]\n", run_python(code).stdout)


class RecipeTest(unittest.TestCase):
    def test_elsewhere_it_is_a_url(self):
        recipe = Postgres().recipe("external")

        self.assertIsInstance(recipe, UrlRecipe)
        self.assertEqual(("DATABASE_URL", 5432), (recipe.variable, recipe.default_port))

    def test_embedded_it_is_a_process(self):
        service = Postgres(version="16", extensions=("a",), settings=(("b", "c"),))

        self.assertEqual(PostgresProcess("16", ("a",), (("b", "c"),)), service.recipe("embedded"))

    def test_in_docker_it_is_a_container_with_a_new_password(self):
        service = Postgres(version="17", settings=(("work_mem", "1MB"),))

        recipe, other = service.recipe("docker"), service.recipe("docker")

        self.assertIsInstance(recipe, ContainerRecipe)
        self.assertEqual(("postgres", "17", 5432), (recipe.image, recipe.version, recipe.port))
        self.assertIn("work_mem=1MB", recipe.command)
        self.assertIn("fsync=off", recipe.command)
        self.assertEqual(recipe.environment["POSTGRES_PASSWORD"], recipe.endpoint.password)
        self.assertNotEqual(recipe.endpoint.password, other.endpoint.password)
        self.assertNotIn(recipe.endpoint.password, repr(recipe))

    def test_what_was_committed_outlives_a_kill_of_the_server(self):
        for options in ({}, {"exclusive": True}):
            self.assertNotIn("synchronous_commit=off", Postgres(**options).recipe("docker").command)
            settings = dict(Postgres(**options).recipe("embedded").settings)
            self.assertNotIn("synchronous_commit", settings)

    def test_a_setting_of_the_user_wins_over_ours(self):
        command = Postgres(settings=(("fsync", "on"),)).recipe("docker").command

        self.assertIn("fsync=on", command)
        self.assertNotIn("fsync=off", command)

    def test_an_image_is_dockers_alone(self):
        service = Postgres(image="mine")

        self.assertEqual("image='mine' was asked for", service.recipe("external"))
        self.assertEqual("image='mine' was asked for", service.recipe("embedded"))
        self.assertEqual("mine", service.recipe("docker").image)


class MigrationsTest(unittest.TestCase):
    def test_what_is_neither_a_directory_nor_a_callable_is_refused(self):
        for migrations in (["migrations"], ("migrations",), 12, Alembic, Command):
            with (
                self.subTest(migrations),
                self.assertRaisesRegex(
                    ServiceDefinitionError, 'neither a directory nor(?s:.*)migrations="migrations"'
                ),
            ):
                Postgres(migrations=migrations)

    def test_a_url_for_a_driver_without_libpq_leaves_its_options_out(self):
        endpoint = Endpoint("h", 1, "me", "x", "shop", options=(("sslmode", "disable"),))
        instance = SimpleNamespace(endpoint=endpoint, disturbed=0)
        lease = PostgresLease(instance, Postgres(), "t_1")

        self.assertEqual("postgresql+pg8000://me:x@h:1/t_1", lease.url())
        self.assertEqual("postgresql+psycopg://me:x@h:1/t_1?sslmode=disable", lease.url("psycopg"))
