"""A fault proxy that dies while services are reached through it, and one that cannot be."""

import dataclasses
import socket
import time
from unittest import mock
from urllib.parse import urlsplit

from harness import Environment, HarnessTestCase, Postgres, Redis, Toxiproxy
from harness.core.settings import Settings
from harness.errors import UnavailableError
from harness.providers import docker
from harness.services.postgres.connect import driver
from harness.services.toxiproxy.near import NearToxiproxy, unfit
from tests.integration.inner import run_inner
from tests.integration.programs import OwnRegistryTest
from tests.integration.providers import on_one_python


def kill_proxy(lease):
    """End the fault proxy as a crash would, and wait until that is seen."""
    running = lease.instance.beside["toxiproxy"].running
    running.kill()
    while running.exit_state() is None:
        time.sleep(0.005)


@on_one_python
class DeathTest(OwnRegistryTest):
    def setUp(self):
        self.need(Postgres(proxied=True), "embedded")
        self.environment = self.own("embedded")

    def run_case(self, service, *methods, **tests):
        attributes = {"environment": self.environment, "it": service, **tests}
        return run_inner(type("Case", (HarnessTestCase,), attributes), *methods)

    def died_once(self, service, use):
        """Run a test in which the proxy dies, and two after it; only the first may fail, once."""

        def test_a(case):
            use(case.it)
            kill_proxy(case.it)
            use(case.it)

        def test_after(case):
            use(case.it)
            with case.it.toxics.latency(ms=1):
                use(case.it)

        tests = {"test_a": test_a, "test_b": test_after, "test_c": test_after}
        result = self.run_case(service, *sorted(tests), **tests)

        self.assertEqual({"test_a"}, {*result.failed}, result.text)
        self.assertEqual(1, result.text.count("toxiproxy on embedded died: killed by SIGKILL"))
        self.assertIn("next: ", result.text)

    def test_the_next_test_of_a_rollback_database_is_clean(self):
        self.died_once(Postgres(proxied=True), ask)

    def test_the_next_test_of_a_commit_database_is_clean(self):
        self.died_once(Postgres(proxied=True, isolation="commit"), ask)

    def test_the_next_test_of_a_psycopg_database_is_clean(self):
        self.died_once(Postgres(proxied=True, driver="psycopg"), ask)
        self.died_once(Postgres(proxied=True, isolation="commit", driver="psycopg"), ask)

    def test_the_next_test_of_a_cache_is_clean(self):
        self.died_once(Redis(proxied=True), lambda cache: cache.client.ping())

    def test_a_fault_on_a_dead_proxy_is_one_error(self):
        def test_a(case):
            kill_proxy(case.it)
            with case.it.toxics.latency(ms=1):
                pass

        def test_b(case):
            ask(case.it)

        for isolation in ("rollback", "commit"):
            service = Postgres(proxied=True, isolation=isolation)
            result = self.run_case(service, "test_a", "test_b", test_a=test_a, test_b=test_b)

            self.assertEqual(["test_a"], result.failed, result.text)
            self.assertIn("toxiproxy on embedded died", result.text)

    def test_one_that_died_during_a_fault_is_one_error(self):
        def test_a(case):
            with case.it.toxics.latency(ms=1):
                kill_proxy(case.it)

        def test_b(case):
            ask(case.it)

        for service in (Postgres(proxied=True), Redis(proxied=True)):
            result = self.run_case(service, "test_a", test_a=test_a, test_b=test_b)

            self.assertEqual(["test_a"], result.failed, result.text)
            self.assertEqual(1, len(result.raised), result.text)

    def held(self, **tests):
        """Run a class that holds its database, and an application that knows its DSN."""

        def set_up_class(cls):
            cls.dsn = cls.hold(cls.it).dsn

        service = Postgres(proxied=True, isolation="commit")
        names = sorted(name for name in tests if name.startswith("test"))
        return self.run_case(service, *names, setUpClass=classmethod(set_up_class), **tests)

    def test_what_a_class_holds_is_reached_at_the_same_address_again(self):
        def test_a(case):
            ask_at(case.dsn)
            kill_proxy(case.it)

        def test_after(case):
            ask_at(case.dsn)
            case.assertEqual(case.dsn, case.it.dsn)
            ask(case.it)
            with case.it.toxics.down(), case.assertRaises(driver().Error):
                ask_at(case.dsn)

        result = self.held(test_a=test_a, test_b=test_after, test_c=test_after)

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertEqual(1, result.text.count("toxiproxy on embedded died: killed by SIGKILL"))

    def test_a_death_in_the_last_test_of_a_class_is_one_error_and_one_after_it_as_well(self):
        def test_a(case):
            ask(case.it)

        def dies_in_the_test(case):
            kill_proxy(case.it)

        def dies_after_it(cls):
            kill_proxy(leases[-1])

        def test_notes(case):
            leases.append(case.it)

        leases = []
        inside = self.held(test_a=test_a, test_b=dies_in_the_test)
        after = self.held(test_b=test_notes, tearDownClass=classmethod(dies_after_it))

        self.assertEqual(["test_b"], inside.failed, inside.text)
        self.assertEqual(["Case)"], after.failed, after.text)
        for result in (inside, after):
            self.assertIn("toxiproxy on embedded died: killed by SIGKILL", result.text)
            self.assertEqual(1, len(result.raised), result.text)

    def test_what_a_class_holds_is_one_error_where_its_port_is_taken_meanwhile(self):
        def test_a(case):
            kill_proxy(case.it)
            port = urlsplit(case.dsn).port
            taken.append(socket.create_server(("127.0.0.1", port)))

        def test_after(case):
            ask(case.it)

        taken = []
        result = self.held(test_a=test_a, test_b=test_after, test_c=test_after)
        taken[0].close()

        self.assertEqual(["test_a", "test_b", "test_c"], result.failed, result.text)
        for error in result.raised[1:]:
            self.assertRegex(
                str(error),
                r"the fault proxy of Postgres\(.*\) has died, and its port \d+ is taken by now\n"
                "  likely cause: another program was faster; what the class was told in "
                "setUpClass leads there\n"
                "  next: run the class again",
            )
        self.assertEqual(3, len(result.raised), result.text)

    def test_the_next_test_finds_its_server_at_the_same_address(self):
        def test_a(case):
            found.append(case.it.dsn)
            kill_proxy(case.it)

        def test_b(case):
            found.append(case.it.dsn)

        found = []
        service = Postgres(proxied=True, isolation="commit")
        self.run_case(service, "test_a", "test_b", test_a=test_a, test_b=test_b)
        self.assertEqual(1, len(set(found)), found)

    def test_a_server_that_its_class_kills_is_reached_again_after_its_restart(self):
        def test_a(case):
            ask(case.it)
            dsn = case.it.dsn
            case.it.instance.kill()
            case.it.instance.restart()
            ask(case.it)
            case.assertEqual(dsn, case.it.dsn)
            with case.it.toxics.latency(ms=1):
                ask(case.it)

        service = Postgres(proxied=True, isolation="commit", exclusive=True)
        result = self.run_case(service, test_a=test_a)

        self.assertTrue(result.wasSuccessful(), result.text)


def ask_at(dsn):
    """Have an application that knows the DSN ask the database."""
    where = urlsplit(dsn)
    connection = driver().connect(
        host=where.hostname,
        port=where.port,
        user=where.username,
        password=where.password,
        database=where.path[1:],
        timeout=5,
    )
    connection.close()


def ask(lease):
    """Have the code under test ask the database."""
    cursor = lease.connection.cursor()
    cursor.execute("select 1")
    assert cursor.fetchone()[0] == 1


@on_one_python
class ChoiceTest(OwnRegistryTest):
    def chosen(self, providers, **environ):
        settings = Settings.read(environ=environ)
        return Environment(settings, providers=providers).choose(NearToxiproxy()).provider.name

    def test_it_runs_on_this_machine_whatever_runs_in_docker(self):
        self.assertEqual("embedded", self.chosen("docker"))
        self.assertEqual("embedded", self.chosen("docker,embedded"))

    def test_an_external_one_of_this_machine_comes_first(self):
        url = "http://127.0.0.1:8474"
        self.assertEqual("external", self.chosen("external,docker", TOXIPROXY_URL=url))
        self.assertEqual("embedded", self.chosen("docker", TOXIPROXY_URL=url))

    def test_one_that_cannot_reach_loopback_is_passed_over(self):
        for url in ("http://toxiproxy:8474", "http://127.0.0.1:8474?ports=8666-8675"):
            self.assertEqual("embedded", self.chosen("external,docker", TOXIPROXY_URL=url))
            self.assertIn("loopback", unfit(url))

    def test_where_the_settings_put_it_into_docker_the_daemon_has_to_be_on_this_machine(self):
        with (
            mock.patch.object(docker.daemon, "refusal", lambda host: None),
            mock.patch.object(docker, "is_local", lambda host: False),
            self.assertRaises(UnavailableError) as raised,
        ):
            self.chosen("embedded,toxiproxy=docker")
        self.assertIn(
            "docker: the daemon does not run on this machine itself, whose loopback is meant",
            str(raised.exception),
        )

    def test_it_is_apart_from_a_fault_proxy_that_a_test_declares(self):
        self.assertNotEqual(Toxiproxy().instance_key(), NearToxiproxy().instance_key())
        self.assertEqual(NearToxiproxy(), dataclasses.replace(Redis(proxied=True)).beside()[0])
