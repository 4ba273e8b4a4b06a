"""Any container as a service: how it starts, what is in it, how it ends, and what goes wrong."""

import dataclasses
import time
from pathlib import Path

from harness import Container, Environment, HarnessTestCase, Healthcheck, Http, Line, Port
from harness.core.settings import current_settings
from harness.errors import (
    CommandError,
    ConfigurationError,
    LeaseError,
    ServiceDefinitionError,
    ServiceDiedError,
    StartError,
    StartTimeoutError,
    UnavailableError,
)
from harness.providers.images import image_named
from tests.integration import published
from tests.integration.inner import run_inner
from tests.integration.programs import LISTENER, OwnRegistryTest, ask
from tests.integration.providers import environment
from tests.integration.sandbox import wait_until

RUN = "/srv/listen"
SCRIPT = {RUN: LISTENER}
WEB = """#!/usr/bin/perl
use IO::Socket; $| = 1; my $asked = 0;
my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 9, ReuseAddr => 1);
while (my $c = $s->accept) {
    my $line = <$c>; my $status = ++$asked < 4 ? 503 : 200; print "$status $line";
    print $c "HTTP/1.1 $status\\r\\nContent-Length: 2\\r\\n\\r\\nhi"; close $c;
}
"""


def listener(port, *arguments, **options):
    """Return a container in which a small server listens, sooner or later."""
    words = [RUN, *map(str, (port, *arguments))]
    return Container("postgres", **{"ports": [port], "command": words, "files": SCRIPT, **options})


class ContainerTest(HarnessTestCase):
    environment = environment("docker")
    server = listener(6379, name="main")
    late = listener(6379, 0.7)
    two = Container(
        "postgres",
        ports=[81, 82],
        files=SCRIPT,
        command=f"sh -c '{RUN} 82 & exec {RUN} 81'",
        ready=Port(82),
    )
    web = Container(
        "postgres", ports=[80], files={"/web": WEB}, command=["/web"], ready=Http("/ok")
    )
    lined = Container(
        "postgres",
        command=["sh", "-c", "echo starting; sleep 0.4; echo started; exec sleep 600"],
        ready=Line("^started$"),
    )
    bare = Container("postgres", command="sleep 600", user=65534, memory="64m")
    filled = Container(
        "postgres",
        command="sleep 600",
        environment={"GREETING": "hello world", "A_PASSWORD": "sesame-open"},
        files={
            "/etc/new/directory/text": "größe\n",
            "/bytes": b"\0\1",
            "/local": Path(__file__),
            "/script": "#!/bin/sh\nexec cat /etc/new/directory/text",
        },
    )

    def test_it_is_reached_at_its_port(self):
        self.assertEqual((self.server.host, self.server.port), self.server.address(6379))
        self.assertEqual(self.server.address(), self.server.address(6379))
        self.assertRegex(ask(self.server.address()), "^[0-9a-f]{12}$")
        self.assertEqual("127.0.0.1", self.server.host)

    def test_it_is_not_ready_before_something_listens_inside(self):
        self.assertRegex(ask(self.late.address()), "^[0-9a-f]{12}$")

    def test_each_port_has_an_address(self):
        for port in (81, 82):
            self.assertRegex(ask(self.two.address(port)), "^[0-9a-f]{12}$")
        self.assertEqual(f"http://127.0.0.1:{self.two.port}/", self.two.url("http"))
        second = self.two.address(82)[1]
        self.assertEqual(f"ws://127.0.0.1:{second}/x", self.two.url("ws", "/x", port=82))

    def test_a_port_that_was_not_declared_is_an_error(self):
        with self.assertRaises(ServiceDefinitionError) as raised:
            self.two.address(80)

        self.assertIn("the container publishes no port 80", str(raised.exception))
        self.assertIn("it was declared with ports=[81, 82]", str(raised.exception))

    def test_by_http_it_is_ready_when_it_answers_well(self):
        self.assertEqual(4, self.web.instance.log.count("GET /ok"))

    def test_by_a_line_it_is_ready_when_that_was_printed(self):
        self.assertEqual("starting\nstarted\n", self.lined.instance.log)

    def test_without_ports_it_is_ready_as_soon_as_it_runs(self):
        self.assertIsNone(self.bare.instance.running.exit_state())
        with self.assertRaisesRegex(ServiceDefinitionError, "publishes no port$"):
            raise_first_line(self.bare.address)

    def test_its_user_and_its_memory_are_what_was_asked_for(self):
        self.assertEqual("65534\n", self.bare.exec("id -u").output)
        config = self.bare.instance.running.inspect()["HostConfig"]
        self.assertEqual(64 << 20, config["Memory"])

    def test_environment_and_files_are_there(self):
        self.assertEqual("hello world\n", self.filled.exec(["printenv", "GREETING"]).output)
        self.assertEqual("größe\n", self.filled.exec("cat /etc/new/directory/text").output)
        self.assertEqual("\0\1", self.filled.exec("cat /bytes").output)
        self.assertEqual(Path(__file__).read_text(), self.filled.exec("cat /local").output)
        self.assertEqual("größe\n", self.filled.exec("/script").output)

    def test_a_command_says_what_became_of_it(self):
        result = self.bare.exec(["sh", "-c", "echo out; echo err >&2; exit 3"], check=False)

        self.assertEqual((3, "out\n", "err\n"), dataclasses.astuple(result))

    def test_a_command_that_fails_is_an_error(self):
        with self.assertRaises(CommandError) as raised:
            self.filled.exec(["sh", "-c", "echo $A_PASSWORD; echo wrong >&2; exit 3"])

        self.assertEqual(
            "'sh -c echo $A_PASSWORD; echo wrong >&2; exit 3' ended with 3\n"
            "    ***\n    wrong\n"
            "  next: pass check=False where it is meant to fail",
            str(raised.exception),
        )

    def test_a_command_that_is_not_there_is_an_error(self):
        with self.assertRaises(CommandError) as raised:
            self.bare.exec("no-such-command")

        self.assertIn("likely cause: the image has no such command", str(raised.exception))

    def test_a_command_that_does_not_end_is_an_error(self):
        with self.assertRaises(CommandError) as raised:
            self.bare.exec("sleep 5", timeout=0.3)

        self.assertIn("'sleep 5' was not run to its end: ", str(raised.exception))
        self.assertIn("or the command waits for something", str(raised.exception))
        self.assertIn("give it more than timeout=0.3 seconds", str(raised.exception))

    def test_its_log_begins_with_the_lease(self):
        ask(self.server.address())
        before = self.server.instance.log.count("served")
        time.sleep(0.01)

        self.assertGreater(before, 0)
        wait_until(lambda: "served" in self.server.log, "the line in the log")
        self.assertNotIn("listening", self.server.log)

    def test_others_may_use_it_so_it_cannot_be_killed(self):
        for action in ("pause", "resume", "kill", "restart"):
            with self.assertRaisesRegex(LeaseError, "declared without exclusive=True"):
                getattr(self.server.instance, action)()

    def test_a_second_environment_attaches_to_it(self):
        port = self.server.port  # so that it is there, if this is the first of the tests
        with Environment(providers="docker") as other:
            instance = other.instance(type(self).server)
            self.assertEqual(port, instance.port)
            self.assertFalse(instance.running.fresh)

    def test_it_runs_in_docker_only(self):
        with self.assertRaises(UnavailableError) as raised:
            Environment(providers="embedded").choose(type(self).server)

        self.assertIn("embedded: a container runs in Docker only", str(raised.exception))

    def test_a_reference_that_is_pinned_needs_no_entry(self):
        reference = image_named("postgres", current_settings()).reference
        with Environment(providers="docker") as own:
            instance = own.start(Container(reference, command="sleep 600", name="pinned"))
            self.assertIn(reference.partition("@")[2][:19], instance.provenance)


def raise_first_line(function):
    """Call; raise what it raises with the first line alone, which `$` is to see the end of."""
    try:
        function()
    except ServiceDefinitionError as error:
        raise ServiceDefinitionError(str(error).partition("\n")[0]) from None


class ExclusiveTest(HarnessTestCase):
    environment = environment("docker")
    server = listener(7000, exclusive=True)
    lined = Container(
        "postgres",
        command=["bash", "-c", "trap 'exit 0' INT TERM; echo started; while :; do sleep 0.1; done"],
        ready=Line("^started$"),
        exclusive=True,
    )

    def test_restarted_it_is_the_same_container_on_the_same_port(self):
        before, port = ask(self.server.address()), self.server.port
        self.server.exec("touch /kept")
        self.server.instance.restart()

        self.assertEqual((before, port), (ask(self.server.address()), self.server.port))
        self.server.exec("test -e /kept")

    def test_restarted_its_line_is_waited_for_anew(self):
        self.lined.instance.restart()

        self.assertEqual("started\n", self.lined.instance.running.output())
        self.assertEqual(2, self.lined.instance.log.count("started\n"))

    def test_paused_it_does_not_answer_until_it_is_resumed(self):
        self.server.instance.pause()
        self.server.instance.check_alive()
        with self.assertRaises(TimeoutError):
            ask(self.server.address(), within=0.2)
        self.server.instance.resume()

        self.assertTrue(ask(self.server.address()))

    def test_paused_it_can_be_killed_and_restarted(self):
        self.server.instance.pause()
        self.server.instance.kill()
        self.server.instance.restart()

        self.assertTrue(ask(self.server.address()))

    def test_killed_it_is_down_until_it_is_restarted(self):
        address = self.server.address()
        self.server.instance.kill()
        with self.assertRaises(ConnectionRefusedError):
            ask(address)
        with self.assertRaises(ServiceDiedError) as raised:
            self.server.exec("true")
        self.assertIn("container on docker is down: exit code 137", str(raised.exception))
        self.assertIn("next: call instance.restart()", str(raised.exception))
        self.server.instance.restart()

        self.assertTrue(ask(address))


class RevivalTest(OwnRegistryTest):
    def setUp(self):
        self.need(listener(1), "docker")

    def test_what_a_test_has_paused_or_killed_is_there_for_the_next_one(self):
        self.assertRevived("docker", listener(80, exclusive=True))

    def test_one_that_becomes_ready_and_dies_fails_the_test_that_saw_it(self):
        class Case(HarnessTestCase):
            environment = self.own("docker")
            server = Container(
                "postgres",
                ports=[80],
                files=SCRIPT,
                command=["bash", "-c", f"{RUN} 80 & sleep 1.5; echo tired >&2; exit 9"],
            )

            def test_a(self):
                ask(self.server.address())
                wait_until(self.server.instance.running.exit_state, "its end")

            def test_b(self):
                self.server.address()

        result = run_inner(Case)

        self.assertEqual(["test_a", "test_b"], result.failed, result.text)
        for error in result.raised:
            self.assertIsInstance(error, ServiceDiedError)
            self.assertIn("container on docker died: exit code 9", str(error))
            self.assertIn("    tired\n", str(error))
        Case.environment.close()
        self.assertEqual([], self.leftovers())


class BadInputTest(OwnRegistryTest):
    def setUp(self):
        self.need(listener(1), "docker")
        self.made = self.own("docker", start_timeout="3")

    def run_shell(self, code, **options):
        return Container("postgres", **{"ports": [80], "command": ["bash", "-c", code], **options})

    def test_an_image_that_is_not_pinned(self):
        text = self.refused(self.made, Container("redis:7"), ConfigurationError)

        self.assertIn("the image 'redis:7' is not pinned by its digest", text)
        self.assertIn("likely cause: a tag can mean another image tomorrow", text)
        self.assertIn("next: write NAME:TAG@sha256:DIGEST", text)

    def test_an_image_that_no_file_names(self):
        text = self.refused(self.made, Container("postgress"), ConfigurationError)

        self.assertIn("no image is named 'postgress'", text)
        self.assertIn("did you mean postgres?", text)

    def test_an_image_that_is_missing(self):
        here = image_named("postgres", self.made.settings).name
        text = self.refused(self.made, Container(f"{here}@sha256:{'0' * 64}"), StartError)

        self.assertIn("likely cause: the registry has no image of that digest", text)

    def test_a_container_that_ends_at_once(self):
        text = self.refused(self.made, self.run_shell("echo no settings >&2; exit 5"), StartError)

        self.assertIn("container on docker ended while starting: exit code 5 (", text)
        self.assertIn("    no settings\n", text)

    def test_a_container_without_ports_that_ends_at_once(self):
        text = self.refused(
            self.made, self.run_shell("exit 5", ports=[], ready=Line("never")), StartError
        )

        self.assertIn("ended while starting: exit code 5", text)

    def test_a_command_that_is_not_in_the_image(self):
        service = Container("postgres", command=["/no/such"], ready=Line("never"))
        text = self.refused(self.made, service, StartError)

        self.assertIn("ended while starting: exit code 127 (", text)
        self.assertIn("/no/such: No such file or directory", text)

    def test_a_container_that_is_killed_for_memory(self):
        eat = "sleep 0.2; x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo $x"
        service = self.run_shell(eat, memory="16m")
        text = self.refused(self.made, service, StartError)

        # A busy daemon may miss what the kernel says of it.
        self.assertIn("ended while starting: exit code 137", text)
        self.assertRegex(text, r"likely cause: .*it used more than its limit \(memory=\)")

    def test_a_container_that_never_listens(self):
        text = self.refused(self.made, self.run_shell("sleep 600"), StartTimeoutError)

        self.assertIn("container on docker was not ready within 3 s", text)
        self.assertIn("last failure: ConnectionRefusedError: nothing listens on that port", text)

    def test_a_container_that_listens_on_its_own_loopback(self):
        service = listener(80, 0, "127.0.0.1")
        text = self.refused(self.made, service, StartTimeoutError)

        self.assertIn("nothing listens on that port inside, or on the container's own", text)

    def test_an_image_without_a_health_check(self):
        service = self.run_shell("sleep 600", ready=Healthcheck())
        text = self.refused(self.made, service, StartError)

        self.assertIn("has no HEALTHCHECK", text)
        self.assertIn("next: write ready=Port(), ready=Http(...) or ready=Line(...)", text)

    def test_a_file_that_is_not_there(self):
        service = Container("postgres", files={"/x": Path("no/such/file")})
        text = self.refused(self.made, service, ConfigurationError)

        path = Path("no/such/file").absolute()
        self.assertIn(f"{path}, which is meant for /x, cannot be read: No such file", text)

    def test_memory_that_is_too_little(self):
        text = self.refused(self.made, self.run_shell("true", memory=4096), StartError)

        self.assertIn("Minimum memory limit allowed is", text)


class PublishedTest(OwnRegistryTest):
    """Images that are made for the test."""

    def setUp(self):
        self.need(listener(1), "docker")
        self.made = self.own("docker", start_timeout="3")

    def test_by_the_images_health_check_it_is_ready_when_that_succeeds(self):
        image = published.with_health_check(self, "test -e /tmp/healthy")
        service = Container(
            image,
            command=["sh", "-c", "sleep 0.5; touch /tmp/healthy; exec sleep 600"],
            ready=Healthcheck(),
        )
        began = time.monotonic()
        instance = self.made.start(service)

        self.assertLess(time.monotonic() - began, 10)  # Docker's own first look is after 30 s
        instance.exec("test -e /tmp/healthy")
        self.made.close()  # before the image goes

    def test_a_health_check_that_fails_is_shown(self):
        image = published.with_health_check(self, "echo all wrong; exit 1")
        service = Container(image, command="sleep 600", ready=Healthcheck())
        text = self.refused(self.made, service, StartTimeoutError)

        self.assertIn(
            "last failure: ConnectionError: its health check ends with 1: all wrong", text
        )

    def test_an_image_for_another_architecture(self):
        service = Container(published.of_another_machine(self), ready=Line("never"))
        text = self.refused(self.made, service, StartError)

        self.assertIn("exec format error", text)
        self.assertIn("likely cause: the image is for another processor architecture", text)
        self.assertIn("next: ", text)
