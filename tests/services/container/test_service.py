"""A container as a test declares it."""

import copy
import pickle
import unittest
from pathlib import Path

from harness import Container, Healthcheck, Http, Line, Port, Postgres
from harness.core.endpoint import Endpoint
from harness.core.group import Group
from harness.core.recipe import ContainerRecipe
from harness.errors import ServiceDefinitionError, StartError
from harness.services.container.service import bytes_of
from tests.services.peers import peer
from tests.support.unit import DirectoryTest


class DefinitionTest(unittest.TestCase):
    def refused(self, *arguments, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Container(*(arguments or ("redis",)), **options)
        return str(caught.exception)

    def test_lists_and_dicts_are_accepted_and_frozen(self):
        service = Container(
            "redis",
            ports=[1, 2],
            environment={"A": "b"},
            command=["x", "y"],
            files={"/f": b"", "/g": "text"},
            depends_on=["db"],
        )

        self.assertEqual((1, 2), service.ports)
        self.assertEqual(("x", "y"), service.command)
        self.assertEqual({service}, {copy.copy(service), pickle.loads(pickle.dumps(service))})
        with self.assertRaises(TypeError):
            service.environment["A"] = "c"

    def test_a_command_may_be_one_text(self):
        service = Container("redis", command="redis-server --save '' # no snapshots")

        self.assertEqual(("redis-server", "--save", ""), service.command[:3])
        self.assertIn("No closing quotation", self.refused(command="it's"))

    def test_its_repr_shows_what_is_not_the_default_and_no_password(self):
        service = Container("redis", ports=[1], environment={"A": "b", "A_PASSWORD": "sesame"})

        self.assertEqual(
            "Container(image='redis', ports=(1,), environment={'A': 'b', 'A_PASSWORD': '***'})",
            repr(service),
        )

    def test_what_is_no_port_is_refused(self):
        for port in (0, -1, 65536, "80", True, 8.0):
            text = f"Container(ports={port!r}): no TCP port\n  next: a port is a number from 1 to"
            self.assertIn(text, self.refused(ports=[port]))

    def test_one_value_says_to_write_a_list(self):
        self.assertEqual(
            "Container(ports=6379): not a list\n  next: write ports=[6379]",
            self.refused(ports=6379),
        )
        self.assertIn("next: write depends_on=['db']", self.refused(depends_on="db"))
        self.assertIn("write depends_on=[Postgres()]", self.refused(depends_on=Postgres()))

    def test_what_is_no_text_is_refused(self):
        self.assertEqual(
            "Container: environment['A']=1 is no text\n  next: write '1'",
            self.refused(environment={"A": 1}),
        )
        self.assertIn("write SERVICE.address()", self.refused(environment={"A": Postgres()}))
        self.assertIn("no variable name: 'A=B'", self.refused(environment={"A=B": ""}))
        self.assertIn("not a dict", self.refused(environment=["A=B"]))
        self.assertIn("command=3 is no text", self.refused(command=["sleep", 3]))

    def test_what_is_no_file_is_refused(self):
        self.assertIn("'etc/x' is no absolute path of a file", self.refused(files={"etc/x": ""}))
        self.assertIn("'/etc/' is no absolute path of a file", self.refused(files={"/etc/": ""}))
        self.assertIn("what /x holds is a int", self.refused(files={"/x": 1}))
        self.assertIn("not a dict", self.refused(files=["/x"]))

    def test_what_is_no_probe_is_refused(self):
        for ready in ("started", Port, 3):
            self.assertIn("no probe\n  next: write ready=Line(", self.refused(ready=ready))

    def test_a_probe_of_a_port_that_is_not_published_is_refused(self):
        for ready in (Port(81), Http("/", port=81)):
            self.assertIn(
                f"Container(ready={ready!r}): the port is not one of ports=[80]",
                self.refused(ports=[80], ready=ready),
            )
        self.assertIn("not one of ports=[]", self.refused(ready=Port()))

    def test_probes_of_what_is_there_are_accepted(self):
        for ready in (None, Port(), Port(81), Http("/"), Http("/x", port=80, status=204)):
            Container("redis", ports=[80, 81], ready=ready)
        for ready in (Line("started"), Healthcheck()):
            Container("redis", ready=ready)

    def test_what_is_no_memory_is_refused(self):
        for memory in ("much", "1.5g", -1, 0, True, ""):
            text = f"Container(memory={memory!r}): no amount of memory"
            self.assertIn(text, self.refused(memory=memory))

    def test_memory_is_bytes_or_a_text_with_a_unit(self):
        amounts = {5: 5, "7": 7, "2k": 2048, "3M": 3 << 20, "1g": 1 << 30, "4mb": 4 << 20}
        self.assertEqual(amounts, {text: bytes_of(text) for text in amounts})

    def test_what_is_no_image_is_refused(self):
        for image in (None, ""):
            self.assertIn(f"Container({image!r}): no image", self.refused(image))

    def test_what_is_no_name_of_a_host_is_no_alias(self):
        for alias in ("my db", "-db", "db-", "", "a/b", 3):
            text = f"Container(alias={alias!r}): no name of a host"
            self.assertIn(text, self.refused(alias=alias))


class KeyTest(DirectoryTest):
    def test_what_makes_another_container_makes_another_key(self):
        base = {"ports": [80], "environment": {"A": "b"}}
        others = [
            {"ports": [81]},
            {"environment": {"A": "c"}},
            {"command": "x"},
            {"files": {"/x": "y"}},
            {"ready": Line("started")},
            {"user": "me"},
            {"memory": "1g"},
            {"name": "other"},
        ]
        keys = [Container("redis", **{**base, **other}).instance_key() for other in ({}, *others)]

        self.assertEqual(len(keys), len(set(map(repr, keys))))
        self.assertEqual(keys[0], Container("redis", **base, alias="x").instance_key())

    def test_a_password_makes_another_key_though_it_is_not_shown(self):
        one, other = (Container("r", environment={"PASSWORD": word}) for word in ("a", "b"))

        self.assertEqual(repr(one), repr(other))
        self.assertNotEqual(repr(one.instance_key()), repr(other.instance_key()))

    def test_the_key_of_an_address_is_the_same_in_every_process(self):
        db = Postgres(migrations=lambda lease: None)
        key = repr(Container("r", environment={"A": db.address("{url}")}).instance_key())

        self.assertNotIn("0x", key)
        self.assertIn("{url}", key)

    def test_another_content_of_a_local_file_makes_another_key(self):
        path = self.write("app.conf", "one")
        service = Container("r", files={"/app.conf": path})
        before = service.instance_key()
        self.assertEqual(before, service.instance_key())
        self.write("app.conf", "other")

        self.assertNotEqual(before, service.instance_key())
        path.unlink()
        self.assertIn(str(path), repr(service.instance_key()))


class RecipeTest(DirectoryTest):
    def test_it_runs_in_docker_only(self):
        service = Container("redis")

        for provider in ("external", "embedded"):
            self.assertEqual("a container runs in Docker only", service.recipe(provider))

    def test_all_that_was_asked_for_is_in_the_recipe(self):
        path = self.write("local", "from here")
        recipe = Container(
            "redis",
            ports=[80, 81],
            files={"/t": "größe", "/b": b"\0", "/l": path},
            user=1000,
            memory="1k",
        ).recipe("docker")

        self.assertEqual(("redis", 80, (80, 81)), (recipe.image, recipe.port, recipe.ports))
        files = (("/t", "größe".encode()), ("/b", b"\0"), ("/l", b"from here"))
        self.assertEqual((files, "1000", 1024), (recipe.files, recipe.user, recipe.memory))

    def test_a_local_file_that_is_not_there_is_an_error(self):
        path = Path(self.directory, "none")

        with self.assertRaises(ServiceDefinitionError) as caught:
            Container("redis", files={"/x": path}).recipe("docker")

        self.assertIn(
            f"{path}, which is meant for /x, cannot be read: No such file", str(caught.exception)
        )


class ConnectedTest(unittest.TestCase):
    def connected(self, service, peer):
        instances = dict.fromkeys(Group([service]).needs_of(service), peer)
        return service.connected(ContainerRecipe("r", 0, Endpoint("", 0)), instances)

    def service(self, template="{url}"):
        return Container(
            "r",
            environment={"LANG": "C", "URL": Postgres(alias="db").address(template)},
            command=["run", Postgres(alias="db").address("--db={host}:{port}")],
        )

    def test_whoever_is_addressed_is_needed_once(self):
        self.assertEqual((Postgres(alias="db"),), self.service().needs())
        self.assertTrue(self.service().networked)
        self.assertFalse(Container("r").networked)

    def test_a_peer_on_the_network_is_reached_by_its_alias_and_inner_port(self):
        recipe = self.connected(self.service(), peer("docker", inside=("db", 5432)))

        self.assertEqual(
            {"LANG": "C", "URL": "postgresql://me:pass%2Fword@db:5432/shop"}, recipe.environment
        )
        self.assertEqual(("run", "--db=db:5432"), recipe.command)
        self.assertIn("pass/word", recipe.secrets)
        self.assertNotIn("pass", repr(recipe))

    def test_a_peer_on_another_machine_is_reached_there(self):
        recipe = self.connected(self.service(), peer("external", host="db.example.com"))

        self.assertEqual(("run", "--db=db.example.com:4000"), recipe.command)

    def test_a_peer_on_our_loopback_cannot_be_reached(self):
        for provider in ("external", "embedded"):
            with self.assertRaises(StartError) as caught:
                self.connected(self.service(), peer(provider))
            self.assertEqual(
                "a container cannot reach Postgres(alias='db'): "
                f"it runs on {provider}, at 127.0.0.1:4000\n"
                "  likely cause: inside a container, the loopback is the container's own\n"
                "  next: run it in Docker, too: HARNESS_PROVIDERS=docker,embedded,postgres=docker",
                str(caught.exception),
            )

    def test_a_peer_that_is_on_no_network_cannot_be_reached(self):
        with self.assertRaisesRegex(StartError, "it has no name on their network"):
            self.connected(self.service(), peer("docker"))
