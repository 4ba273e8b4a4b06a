"""A fault proxy as a test declares it, and where its server comes from."""

import importlib.util
import os
import unittest
from pathlib import Path
from unittest import mock

from harness import Toxiproxy
from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe, UrlRecipe
from harness.errors import FaultError, NotALeaseError, StartError
from harness.services.toxiproxy import process
from harness.services.toxiproxy.lease import address_of
from harness.services.toxiproxy.names import is_orphan, name_of
from harness.services.toxiproxy.near import NearToxiproxy
from harness.services.toxiproxy.ports import Ports, named_ports
from harness.services.toxiproxy.process import ToxiproxyProcess
from tests.support.unit import DirectoryTest, run_python


class ValueTest(unittest.TestCase):
    def test_equal_options_make_equal_services(self):
        self.assertEqual(Toxiproxy(), Toxiproxy())
        self.assertNotEqual(Toxiproxy(), Toxiproxy(name="other"))
        self.assertEqual(Toxiproxy().instance_key(), Toxiproxy(name="other").instance_key())
        self.assertNotEqual(Toxiproxy().instance_key(), Toxiproxy(version="2").instance_key())

    def test_used_as_a_lease_it_says_how_to_get_one(self):
        with self.assertRaisesRegex(NotALeaseError, r"Toxiproxy\(\) is a service, not a lease"):
            Toxiproxy().proxy("bank", "127.0.0.1:1")

    def test_making_one_imports_nothing_of_a_server_or_a_client(self):
        code = """
import sys
from harness import Toxiproxy
Toxiproxy(version="2")
print([n for n in sys.modules if n in ("asyncio", "h11", "http.client", "harness.faults.client")])
"""
        self.assertEqual("[]\n", run_python(code).stdout)


class RecipeTest(unittest.TestCase):
    def test_elsewhere_it_is_a_url(self):
        recipe = Toxiproxy(version="2").recipe("external")

        self.assertEqual(UrlRecipe("TOXIPROXY_URL", 8474, ("http",)), recipe)

    def test_an_image_is_run_by_docker_alone(self):
        self.assertEqual("image='a' was asked for", Toxiproxy(image="a").recipe("external"))
        self.assertEqual("image='a' was asked for", Toxiproxy(image="a").recipe("embedded"))
        self.assertEqual("a", Toxiproxy(image="a").recipe("docker").image)

    def test_in_docker_it_is_a_container_with_ports_for_proxies(self):
        recipe = Toxiproxy().recipe("docker")

        self.assertIsInstance(recipe, ContainerRecipe)
        self.assertEqual(("toxiproxy", 8474, 16), (recipe.image, recipe.port, len(recipe.ports)))

    def test_embedded_it_is_a_process(self):
        self.assertEqual(ToxiproxyProcess("2"), Toxiproxy(version="2").recipe("embedded"))


class ProcessTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        process.choose.cache_clear()
        self.addCleanup(process.choose.cache_clear)

    def on_the_path(self, script):
        self.program("bin/toxiproxy-server", script)
        path = os.pathsep.join([str(self.directory / "bin"), os.environ["PATH"]])
        self.enterContext(mock.patch.dict(os.environ, PATH=path))

    def launch(self, version=None):
        return ToxiproxyProcess(version).prepare(Path("home"), 1234, self.settings())

    def test_a_program_on_the_path_comes_first(self):
        self.on_the_path("echo toxiproxy-server version 2.9.0")

        launch = self.launch()

        self.assertEqual(("-host", "127.0.0.1", "-port", "1234"), launch.command[1:])
        self.assertEqual(str(self.directory / "bin" / "toxiproxy-server"), launch.command[0])
        self.assertEqual(f"Toxiproxy 2.9.0 in {self.directory / 'bin'}", launch.provenance)

    def test_a_setting_leaves_it_aside_where_other_services_are_reached_through_it(self):
        self.on_the_path("echo toxiproxy-server version 2.9.0")
        settings = self.settings(HARNESS_FAULT_PROXY="own")
        near, plain = NearToxiproxy(), Toxiproxy()

        self.assertEqual(("embedded",), near.providers(settings))
        self.assertIn("harness's own", near.recipe("embedded").describe(settings))
        self.assertIn("2.9.0 in", near.recipe("embedded").describe(self.settings()))
        self.assertIn("2.9.0 in", plain.recipe("embedded").describe(settings))

    def test_one_of_another_version_or_kind_is_passed_over(self):
        for script in ("echo toxiproxy-server version 1.4", "echo something else", "exit 1"):
            with self.subTest(script):
                process.choose.cache_clear()
                self.on_the_path(script)
                self.assertIn("harness.faults.server", self.launch("2").command)

    def test_without_it_and_without_h11_it_says_what_to_install(self):
        self.on_the_path("exit 1")
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            refusal = ToxiproxyProcess().refusal(self.settings())

        self.assertEqual(
            "no toxiproxy-server on the PATH; the package h11 is not installed: put "
            'toxiproxy-server on the PATH, or `pip install "unittest-harness[faults]"`',
            refusal,
        )

    def test_the_cause_of_a_failed_start_is_read_from_the_log(self):
        log = "listen tcp 127.0.0.1:80: bind: address already in use"

        self.assertEqual("another program took the port", ToxiproxyProcess().likely_cause(log))


class NamesTest(unittest.TestCase):
    def test_a_proxy_of_a_dead_process_of_this_registry_is_an_orphan(self):
        self.assertTrue(is_orphan("harness-0123abcd-99999999x1-1-bank", "0123abcd"))

    def test_any_other_is_none(self):
        for name in (
            name_of("0123abcd", 1, "bank"),
            "harness-ffffffff-99999999x1-1-bank",
            "harness-0123abcd-bank",
            "harness-0123abcd",
            "bank",
        ):
            self.assertFalse(is_orphan(name, "0123abcd"), name)

    def test_odd_letters_are_left_out_of_the_name_on_the_server(self):
        self.assertTrue(name_of("0123abcd", 1, "a/b ä").endswith("-1-a_b__"))


class PortsTest(unittest.TestCase):
    def ports(self, text):
        return named_ports(Endpoint("127.0.0.1", 1, options=(("ports", text),)))

    def test_a_url_names_one_or_several(self):
        self.assertEqual((8666,), self.ports("8666"))
        self.assertEqual((8666, 8667, 8668), self.ports("8666-8668"))
        self.assertEqual((), named_ports(Endpoint("127.0.0.1", 1)))

    def test_what_are_none_is_an_error(self):
        for text in ("x", "5-", "-5", "9-5", "0", "1-70000"):
            with self.assertRaises(StartError):
                self.ports(text)

    def test_any_port_will_do_where_all_are_reached(self):
        addresses = list(Ports("127.0.0.1", (), lambda port: ("", port), True).addresses())

        self.assertEqual("127.0.0.1:0", addresses[-1])

    def test_only_those_will_do_that_are_reached(self):
        addresses = Ports("0.0.0.0", (5, 6), lambda port: ("", port), False).addresses()

        self.assertEqual(["0.0.0.0:5", "0.0.0.0:6"], sorted(addresses))


class AddressTest(unittest.TestCase):
    def test_it_is_a_text_or_a_pair(self):
        for upstream in ("[::1]:80", ("::1", 80)):
            self.assertEqual(("::1", 80), address_of(upstream))

    def test_what_is_none_is_an_error(self):
        for upstream in ("a:70000", ("a", "b", "c"), None):
            with self.assertRaises(FaultError):
                address_of(upstream)
