"""How Redis runs as a process of this machine."""

import stat
from pathlib import Path
from unittest import mock

from harness.core.recipe import Account
from harness.services.redis import binaries
from harness.services.redis.binaries import Program
from harness.services.redis.process import RedisProcess
from tests.support.unit import DirectoryTest

PROGRAM = Program(Path("/opt/redis/bin/redis-server"), "Redis", "7.0.15")


class ProcessTest(DirectoryTest):
    def launch(self, *settings, program=PROGRAM):
        with mock.patch.object(binaries, "choose", return_value=program):
            return RedisProcess("7", settings).prepare(self.directory, 4711, self.settings())

    def test_it_listens_on_the_loopback_interface_alone(self):
        launch = self.launch()
        flags = dict(zip(launch.command[2::2], launch.command[3::2], strict=True))

        self.assertEqual(("127.0.0.1", "4711"), (flags["--bind"], flags["--port"]))
        self.assertEqual(("127.0.0.1", 4711), (launch.endpoint.host, launch.endpoint.port))
        self.assertEqual(("", "no"), (flags["--save"], flags["--appendonly"]))

    def test_its_settings_win(self):
        command = self.launch(("databases", "4"), ("maxmemory", "1mb")).command

        self.assertEqual(1, command.count("--databases"))
        self.assertEqual("4", command[command.index("--databases") + 1])
        self.assertEqual("1mb", command[command.index("--maxmemory") + 1])

    def test_the_password_is_in_a_file_for_nobody_else_and_not_on_the_command_line(self):
        launch = self.launch()
        password = launch.endpoint.password
        secret = self.directory / "secret.conf"

        self.assertEqual(32, len(password))
        self.assertEqual(f"requirepass {password}\n", secret.read_text())
        self.assertEqual(0o600, stat.S_IMODE(secret.stat().st_mode))
        self.assertEqual(str(secret), launch.command[1])
        self.assertNotIn(password, " ".join(launch.command) + repr(launch))

    def test_it_runs_as_we_are_and_says_what_it_is(self):
        launch = self.launch()

        self.assertEqual(Account(), launch.account)
        self.assertEqual("Redis 7.0.15 in /opt/redis/bin", launch.provenance)

    def test_what_is_not_there_is_the_reason(self):
        with mock.patch.object(binaries, "choose", return_value="no Redis"):
            self.assertEqual("no Redis", RedisProcess().refusal(self.settings()))
        with mock.patch.object(binaries, "choose", return_value=PROGRAM):
            self.assertIsNone(RedisProcess().refusal(self.settings()))
            self.assertEqual("Redis 7.0.15 in /opt/redis/bin", RedisProcess().describe(None))

    def test_the_log_says_what_went_wrong(self):
        for log, cause in {
            "# Could not create server TCP listening socket: bind: Address already in use": "port",
            ">>> 'wrok 1'\nBad directive or wrong number of arguments": "unknown",
            "*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***": "does not take",
            "WARNING Memory overcommit must be enabled!": None,
        }.items():
            with self.subTest(log):
                found = RedisProcess().likely_cause(log)
                self.assertTrue(found is None if cause is None else cause in str(found), found)
