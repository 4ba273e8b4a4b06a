"""Containers and networks are removed from a real daemon, whatever state they are in."""

import threading
import time

from harness.providers import container_thing, daemon, network_thing
from harness.providers.images import image_named
from tests.integration.providers import environment
from tests.integration.sandbox import SandboxTest, docker_client

NONCE = "harness-removal-test"


class RemovalTest(SandboxTest):
    def setUp(self):
        self.need("docker")
        self.client = docker_client()
        self.host = daemon.docker_host()
        self.name = f"{NONCE}-{time.monotonic_ns()}"
        image = image_named("postgres", environment("docker").settings).reference
        environment("docker").instance(self.needed)  # by now the image is here
        self.image = image

    @property
    def needed(self):
        from harness import Postgres

        return Postgres()

    def container(self, **options):
        """Make a container that sleeps; not started."""
        made = self.client.containers.create(
            self.image, command=["sleep", "60"], entrypoint=[], name=self.name, **options
        )
        self.addCleanup(container_thing.remove, self.host, self.name, True)
        return made

    def network(self):
        made = self.client.networks.create(self.name)
        self.addCleanup(network_thing.remove, self.host, self.name, True)
        return made

    def containers(self):
        return self.client.containers.list(all=True, filters={"name": self.name})

    def networks(self):
        return self.client.networks.list(names=[self.name])


class ContainerTest(RemovalTest):
    def remove(self, made=True):
        return container_thing.remove(self.host, self.name, made)

    def test_one_that_runs_is_removed_with_its_volumes(self):
        container = self.container(volumes=["/extra"])
        container.start()
        container.reload()
        volumes = [mount["Name"] for mount in container.attrs["Mounts"]]
        self.assertNotEqual([], volumes)

        self.assertFalse(self.remove())

        self.assertEqual([], self.containers())
        left = {volume.name for volume in self.client.volumes.list()}
        self.assertEqual(set(), left & set(volumes))

    def test_one_that_was_never_started_and_one_that_is_paused_are_removed(self):
        self.container()
        self.remove()
        self.assertEqual([], self.containers())

        paused = self.container()
        paused.start()
        paused.pause()
        self.remove()

        self.assertEqual([], self.containers())

    def test_two_who_remove_it_at_once_both_return_when_it_is_gone(self):
        self.container().start()
        seen = []

        def remove():
            self.remove()
            seen.append(self.containers())

        threads = [threading.Thread(target=remove) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([[], [], []], seen)

    def test_one_that_is_not_there_may_still_appear_unless_it_was_made(self):
        self.assertFalse(self.remove(made=True))
        self.assertTrue(self.remove(made=False))

        self.container()
        self.assertFalse(self.remove(made=False))

        self.assertEqual([], self.containers())


class NetworkTest(RemovalTest):
    def remove(self, made=True):
        return network_thing.remove(self.host, self.name, made)

    def test_one_that_a_container_is_on_is_removed_and_the_container_stays(self):
        network = self.network()
        container = self.container()
        network.connect(container)
        container.start()

        self.assertFalse(self.remove())

        self.assertEqual([], self.networks())
        container.reload()
        self.assertEqual("running", container.status)

    def test_one_that_is_not_there_may_still_appear_unless_it_was_made(self):
        self.assertFalse(self.remove(made=True))
        self.assertTrue(self.remove(made=False))

        self.network()
        self.assertFalse(self.remove(made=False))

        self.assertEqual([], self.networks())
