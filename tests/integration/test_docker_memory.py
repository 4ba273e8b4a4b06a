"""Where a server in a container keeps what is not worth keeping."""

import tempfile
import unittest
from unittest import mock

from harness import Environment, Postgres
from harness.errors import RequiredError, UnavailableError
from harness.providers import directories


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def file_system(self, service=None, **settings):
        """Return the type of the file system that a server's data lies on."""
        service = service or Postgres()
        overrides = {"state_dir": self.directory, "providers": "docker", **settings}
        env = self.enterContext(Environment(**overrides))
        self.need(env, service)
        with env.lease(service) as db:
            found = db.value("select pg_read_file('/proc/self/mounts')")
            place = db.value("show data_directory")
        mounts = [line.split()[1:3] for line in found.splitlines()]
        above = [mount for mount in mounts if place.startswith(mount[0])]
        return max(above, key=lambda mount: len(mount[0]))[1]

    def need(self, env, service):
        try:
            env.choose(service)
        except RequiredError:
            raise
        except UnavailableError as error:
            self.skipTest(str(error))

    def test_data_lies_in_memory_where_there_is_enough(self):
        self.assertEqual("tmpfs", self.file_system())

    def test_a_data_directory_that_was_set_keeps_it_out_of_memory(self):
        self.assertNotEqual("tmpfs", self.file_system(data_dir=self.directory))

    def test_one_that_can_be_restarted_keeps_it_on_disk(self):
        self.assertNotEqual("tmpfs", self.file_system(Postgres(exclusive=True)))

    def test_a_machine_with_little_memory_keeps_it_on_disk(self):
        with mock.patch.object(directories, "MEMORY_NEEDED", 1 << 60):
            self.assertNotEqual("tmpfs", self.file_system())
