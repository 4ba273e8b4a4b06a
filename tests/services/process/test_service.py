"""A program as a test declares it, and what is run."""

import copy
import pickle
import signal
import socket
import unittest

from harness import Healthcheck, Http, Line, Port, Postgres, Process
from harness.core.endpoint import Endpoint
from harness.errors import ServiceDefinitionError, StartError
from tests.services.peers import peer
from tests.support.unit import DirectoryTest, ScriptedRunning


class DefinitionTest(unittest.TestCase):
    def refused(self, *arguments, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Process(*(arguments or ("shop",)), **options)
        return str(caught.exception)

    def test_a_text_is_split_as_a_shell_would(self):
        self.assertEqual(("a", "b c", "{port}"), Process("a 'b c' {port}").command)
        self.assertEqual(Process("a b"), Process(["a", "b"]))

    def test_copies_are_equal(self):
        service = Process("a", environment={"A": "b"}, depends_on=["db"], ready=Line("x"))

        self.assertEqual({service}, {copy.copy(service), pickle.loads(pickle.dumps(service))})

    def test_no_command_is_refused(self):
        for command in ("", [], ()):
            self.assertIn("no command", self.refused(command))
        self.assertIn("not a list", self.refused(3))

    def test_a_health_check_is_an_images(self):
        self.assertIn("only an image has a health check", self.refused(ready=Healthcheck()))

    def test_what_is_no_probe_no_port_and_no_need_is_refused(self):
        self.assertIn("Process(ready='up'): no probe", self.refused(ready="up"))
        self.assertIn("Process(port='80'): no TCP port", self.refused(port="80"))
        self.assertIn("neither a service nor an alias: 3", self.refused(depends_on=[3]))

    def test_it_runs_on_this_machine_only(self):
        for provider in ("external", "docker"):
            self.assertIn("runs on this machine only", Process("a").recipe(provider))

    def test_what_makes_another_process_makes_another_key(self):
        others = [
            {},
            {"ready": Http("/")},
            {"environment": {"A": "b"}},
            {"port": 80},
            {"cwd": "x"},
            {"stop_signal": signal.SIGINT},
            {"grace": 1},
            {"name": "other"},
        ]
        keys = [repr(Process("a", **other).instance_key()) for other in others]

        self.assertEqual(len(keys), len(set(keys)))
        self.assertNotEqual(keys[0], repr(Process("b").instance_key()))


class ProgramTest(DirectoryTest):
    def launch(self, service, peer=None):
        program = service.connected(
            service.recipe("embedded"), dict.fromkeys(service.needs(), peer)
        )
        return program.prepare(self.directory / "home", 4711, self.settings())

    def test_its_port_and_its_directory_are_filled_in(self):
        launch = self.launch(Process("run {port} {other} {}", environment={"A": "{home}/{port}"}))
        home = str(self.directory / "home")

        self.assertEqual(("run", "4711", "{other}", "{}"), launch.command)
        self.assertEqual(f"{home}/4711", launch.environment["A"])
        self.assertEqual(("4711", home), (launch.environment["PORT"], launch.environment["HOME"]))
        self.assertEqual(Endpoint("127.0.0.1", 4711, trusted=True), launch.endpoint)
        self.assertFalse(launch.holds_port)

    def test_its_environment_is_a_clean_one(self):
        self.environment(PGHOST="elsewhere", LD_PRELOAD="x")
        launch = self.launch(Process("run", environment={"LC_ALL": "C"}))

        self.assertEqual({"PATH", "HOME", "LC_ALL", "PORT"}, set(launch.environment))
        self.assertEqual("C", launch.environment["LC_ALL"])

    def test_it_works_in_the_directory_of_the_settings_unless_told_otherwise(self):
        (self.directory / "sub").mkdir()

        self.assertEqual(str(self.directory.resolve()), self.launch(Process("run")).cwd)
        self.assertEqual(
            str(self.directory.resolve() / "sub"), self.launch(Process("run", cwd="sub")).cwd
        )
        with self.assertRaisesRegex(StartError, r"the working directory .*/none is not there"):
            self.launch(Process("run", cwd="none"))

    def test_a_fixed_port_has_to_be_free(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with self.assertRaisesRegex(StartError, f"port {port} is taken"):
                self.launch(Process("run", port=port))
        self.assertEqual(port, self.launch(Process("run {port}", port=port)).endpoint.port)

    def test_a_peer_is_reached_where_it_is_published(self):
        db = Postgres(alias="db")
        service = Process("run", environment={"URL": db.address("{url}")})
        launch = self.launch(service, peer("docker", inside=("db", 5432)))

        self.assertEqual(
            "postgresql://me:pass%2Fword@127.0.0.1:4000/shop", launch.environment["URL"]
        )
        self.assertIn("pass/word", launch.secrets)
        self.assertNotIn("pass", repr(launch))

    def test_its_title_is_one_short_line(self):
        title = Process(["run", "-c", "a\nb" + "x" * 100]).recipe("embedded").title

        self.assertEqual(63, len(title))
        self.assertTrue(title.startswith("run -c a bxxx") and title.endswith("..."), title)


PRINTED = Process("run", ready=Line(r"^PORT=(\w+)$"))


class Printing(ScriptedRunning):
    """A program that prints its port."""

    fresh = True

    def __init__(self, printed, *states):
        super().__init__(*states)
        self.printed = printed

    def output(self):
        return self.printed


class PrintedPortTest(unittest.TestCase):
    def test_the_port_that_it_prints_becomes_its_own(self):
        running = Printing("starting\nPORT=4711\nmore\n")
        PRINTED.probe(running, 1)

        self.assertEqual(4711, running.endpoint.port)

    def test_a_line_that_is_not_whole_is_not_read(self):
        for printed in ("", "PORT=47", "starting\nPORT=47"):
            with self.assertRaisesRegex(LookupError, "no line of its output matches '.PORT="):
                PRINTED.probe(Printing(printed), 1)

    def test_what_is_no_port_is_an_error_at_once(self):
        for word in ("none", "0", "65536"):
            with self.assertRaisesRegex(StartError, f"printed {word!r}, which is no port"):
                PRINTED.probe(Printing(f"PORT={word}\n"), 1)

    def test_one_that_was_found_running_has_been_read_before(self):
        running = Printing("")
        running.fresh = False
        PRINTED.probe(running, 1)

        self.assertEqual(1, running.endpoint.port)

    def test_one_that_was_found_and_has_ended_is_not_ready(self):
        running = Printing("", "exit code 1")
        running.fresh = False
        with self.assertRaisesRegex(ConnectionError, "it has ended"):
            PRINTED.probe(running, 1)

    def test_without_a_group_nothing_is_read(self):
        running = Printing("started\n")
        Process("run", ready=Line("^started$")).probe(running, 1)

        self.assertEqual(1, running.endpoint.port)


class ProbeTest(unittest.TestCase):
    def test_what_cannot_be_looked_for_is_refused(self):
        with self.assertRaisesRegex(ServiceDefinitionError, "no regular expression"):
            Line("(")
        with self.assertRaisesRegex(ServiceDefinitionError, "does not begin with /"):
            Http("health")

    def test_equal_probes_are_equal(self):
        self.assertEqual({Port(), Line("x"), Http()}, {Port(None), Line("x"), Http("/")})
