"""Services that see each other: by alias on one network, and from this machine."""

from harness import Container, Environment, HarnessTestCase, Line, Postgres, Process, Redis
from harness.errors import StartError
from tests.integration.inner import run_inner
from tests.integration.programs import LABEL, OwnRegistryTest, ask, python
from tests.integration.providers import environment
from tests.integration.sandbox import docker_client
from tests.integration.test_containers import listener

SLEEP = "sleep 600"


def networks(registry):
    """Return the networks that carry a registry's label."""
    label = f"{LABEL}={registry.identifier}"
    return docker_client().networks.list(filters={"label": label})


class AliasTest(HarnessTestCase):
    """A container that talks to `db:5432` and a test that talks to the mapped port."""

    environment = environment("docker")
    db = Postgres(alias="db", isolation="commit")
    server = listener(7070, alias="server")
    client = Container(
        "postgres",
        command=SLEEP,
        environment={
            "DATABASE_URL": db.address("{url}"),
            "PGPASSWORD": db.address("{password}"),
            "SERVER": server.address(),
            "JSON": server.address('{"host": "{host}"}'),
        },
    )

    def psql(self, sql, url="$DATABASE_URL"):
        return self.client.exec(["sh", "-c", f'psql -At "{url}" -c "{sql}"']).output.strip()

    def test_both_see_the_same_server(self):
        self.db.execute("create table notes (text text)")
        url = f"postgresql://postgres@db:5432/{self.db.database}"
        self.psql("insert into notes values ('from inside')", url)

        self.assertEqual(["from inside"], [row.text for row in self.db.rows("select * from notes")])
        self.db.execute("insert into notes values ('from outside')")
        self.assertEqual("2", self.psql("select count(*) from notes", url))

    def test_the_address_of_a_peer_is_its_alias_and_its_port_inside(self):
        self.assertRegex(
            self.client.exec("printenv DATABASE_URL").output,
            r"^postgresql://postgres:[^@]+@db:5432/postgres\n$",
        )
        self.assertEqual("server:7070\n", self.client.exec("printenv SERVER").output)
        self.assertEqual('{"host": "server"}\n', self.client.exec("printenv JSON").output)
        self.assertEqual("t", self.psql("select inet_server_addr() is not null"))

    def test_a_password_that_it_was_told_is_a_secret_of_its_own(self):
        password = self.db.instance.endpoint.password
        self.assertIn(password, self.client.instance.secrets)
        self.assertNotIn(password, repr(self.client.instance))
        with self.assertRaises(Exception) as raised:
            self.client.exec("sh -c 'printenv; exit 1'")
        self.assertIn("DATABASE_URL=postgresql://postgres:***@db:5432", str(raised.exception))
        self.assertNotIn(password, str(raised.exception))

    def test_whoever_is_on_a_network_says_so(self):
        self.requireCapability(self.db, "network.alias")
        self.requireCapability(self.server, "network.alias")
        self.assertNotIn("network.alias", self.client.instance.capabilities)


class RedisPeerTest(HarnessTestCase):
    environment = environment("docker")
    cache = Redis(alias="cache")
    client = Container("redis", command=SLEEP, environment={"REDIS_URL": cache.address("{url}")})

    def test_a_container_reaches_it_by_the_url_that_it_was_told(self):
        answer = self.client.exec(["sh", "-c", 'redis-cli --no-auth-warning -u "$REDIS_URL" ping'])

        self.assertEqual("PONG\n", answer.output)
        self.assertIn("@cache:6379", self.client.exec("printenv REDIS_URL").output)


class ProcessPeerTest(HarnessTestCase):
    environment = environment("docker,embedded")
    db = Postgres(alias="db")
    tell = Process(
        python(
            "import os, time; print(os.environ['URL'], os.environ['X'], flush=True); "
            "time.sleep(600)"
        ),
        ready=Line("postgres"),
        environment={"URL": db.address("{url}"), "X": db.address("{host}:{port}/{user}")},
    )

    def test_a_process_reaches_a_container_where_the_test_does(self):
        endpoint = self.db.instance.endpoint
        self.assertEqual(
            f"{endpoint.url('postgresql'):s} 127.0.0.1:{endpoint.port}/postgres\n",
            self.tell.instance.log,
        )


class NetworkTest(OwnRegistryTest):
    def setUp(self):
        self.need(listener(1), "docker")

    def test_services_without_an_alias_are_on_no_network(self):
        with self.own("docker") as own:
            own.start(listener(80))
            self.assertEqual([], networks(self.registry))
        self.assertEqual([], self.leftovers())

    def test_one_environments_services_share_one_network_until_the_last_is_gone(self):
        own = self.own("docker")
        first = own.start(listener(80, alias="a"))
        second = own.start(listener(80, alias="b", name="second"))
        (network,) = networks(self.registry)
        self.assertEqual(2, len(docker_client().networks.get(network.id).containers))
        own.stop(first)
        self.assertEqual(1, len(networks(self.registry)))
        own.stop(second)

        self.assertEqual([], networks(self.registry))
        own.close()
        self.assertEqual([], self.leftovers())

    def test_a_foreign_container_on_it_does_not_keep_it(self):
        own = self.own("docker")
        instance = own.start(listener(80, alias="a"))
        (network,) = networks(self.registry)
        image = instance.running.inspect()["Image"]
        foreign = docker_client().containers.run(
            image, ["sleep", "600"], network=network.name, detach=True
        )
        self.addCleanup(foreign.remove, force=True, v=True)
        own.close()

        self.assertEqual([], self.leftovers())
        foreign.reload()
        self.assertEqual("running", foreign.status)

    def test_a_container_starts_after_what_it_depends_on(self):
        own = self.own("docker")
        service = listener(80, 0.6, alias="late", name="after")
        script = "perl -MIO::Socket -e 'exit(IO::Socket::INET->new(\"late:80\") ? 0 : 7)'"
        client = Container(
            "postgres",
            command=["sh", "-c", f"{script} && echo reached && exec sleep 600"],
            depends_on=["late"],
            ready=Line("reached"),
        )

        class Case(HarnessTestCase):
            environment = own
            a_client = client
            late = service

            def test(self):
                self.assertIn("reached", self.a_client.instance.log)

        result = run_inner(Case)
        self.assertTrue(result.wasSuccessful(), result.text)

    def test_two_with_other_aliases_are_two(self):
        with self.own("docker") as own:
            first = own.start(listener(80, alias="a"))
            second = own.start(listener(80, alias="b"))

            self.assertNotEqual(first.identity, second.identity)

    def test_two_environments_with_the_same_services_share_them(self):
        class Case(HarnessTestCase):
            server = listener(80, alias="a")
            client = Container("postgres", command=SLEEP, environment={"A": server.address()})

            def test(self):
                seen.append(self.client.instance.identity)

        seen = []
        with self.own("docker") as first, Environment(first.settings) as second:
            for own in (first, second):
                Case.environment = own
                result = run_inner(Case)
                self.assertTrue(result.wasSuccessful(), result.text)
            self.assertEqual(1, len(networks(self.registry)))

        self.assertEqual(1, len(set(seen)))
        self.assertEqual([], self.leftovers())

    def test_the_alias_of_an_exclusive_one_leads_to_ones_own(self):
        ask_a = "perl -MIO::Socket -e 'print IO::Socket::INET->new(\"a:80\")->getline'"

        class Case(HarnessTestCase):
            server = listener(80, alias="a", exclusive=True)
            client = Container("postgres", command=SLEEP, depends_on=[server])

            def test_a(self):
                names = {self.client.exec(ask_a).output.strip() for _ in range(8)}
                test.assertEqual({ask(self.server.address())}, names)

        test = self
        first = self.own("docker")
        with Environment(first.settings) as second:
            held = [own.lease(Case.server, group) for own, group in in_groups(Case, first, second)]
            for own, group in in_groups(Case, first, second):
                own.lease(Case.client, group)
            self.assertNotEqual(held[0].instance.identity, held[1].instance.identity)
            for own in (first, second):
                Case.environment = own
                result = run_inner(Case)
                self.assertTrue(result.wasSuccessful(), result.text)


def in_groups(case, *environments):
    """Return each environment with the group of a class."""
    from harness.adapters.declared import group_of

    return [(environment, group_of(case)) for environment in environments]


class BadInputTest(OwnRegistryTest):
    def setUp(self):
        self.need(listener(1), "docker")

    def check_group(self, **services):
        """Run a class with these services; return what its test failed with."""
        case = type("Case", (HarnessTestCase,), {**services, "test": lambda self: None})
        case.environment = self.own("docker,embedded")
        result = run_inner(case)
        case.environment.close()
        self.assertEqual([], self.leftovers())
        return str(result.raised[0])

    def test_an_alias_that_is_used_twice(self):
        text = self.check_group(a=listener(80, alias="db"), b=Postgres(alias="db"))

        self.assertIn("the alias 'db' is used twice: by ", text)
        self.assertIn("Postgres(alias='db')", text)
        self.assertIn("next: give one of them another alias", text)

    def test_an_alias_that_nobody_has(self):
        text = self.check_group(a=listener(80, depends_on=["dbb"]), b=Postgres(alias="db"))

        self.assertIn("depends on 'dbb', and no service here has that alias", text)
        self.assertIn("next: did you mean db?", text)

    def test_needs_in_a_circle(self):
        text = self.check_group(
            a=listener(80, alias="one", depends_on=["two"]),
            b=listener(81, alias="two", depends_on=["one"]),
        )

        self.assertIn("services need each other in a circle:", text)
        self.assertEqual(2, text.count("    -> "))

    def test_a_peer_that_fails_is_named(self):
        bad = Process(["no-such-server"])
        own = self.own("docker,embedded")
        text = self.refused(own, Process(["true"], depends_on=[bad]), StartError)

        self.assertIn("Process(command=('true',), depends_on=(", text)
        self.assertIn(
            "was not started: it needs Process(command=('no-such-server',)), which fail", text
        )
        self.assertIn("    no-such-server could not be executed", text)

    def test_a_peer_that_is_a_process_cannot_be_reached_from_a_container(self):
        peer = Process(
            python("import time; print('on', flush=True); time.sleep(600)"), ready=Line("on")
        )
        service = Container("postgres", command=SLEEP, environment={"A": peer.address()})
        text = self.refused(self.own("docker,embedded"), service, StartError)

        self.assertIn("a container cannot reach Process(", text)
        self.assertIn("it runs on embedded, at 127.0.0.1:", text)
        self.assertIn("inside a container, the loopback is the container's own", text)

    def test_a_peer_without_an_alias_cannot_be_reached_from_a_container(self):
        service = Container("postgres", command=SLEEP, environment={"A": listener(80).address()})
        text = self.refused(self.own("docker"), service, StartError)

        self.assertIn("it has no name on their network", text)
        self.assertIn('next: give it one, such as alias="db"', text)
