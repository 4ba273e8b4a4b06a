"""Any program as a service: how it starts, what it is told, how it ends, and what goes wrong."""

import contextlib
import http.server
import signal
import socket
import time
from pathlib import Path

from harness import Environment, HarnessTestCase, Http, Line, Process
from harness.errors import (
    LeaseError,
    ServiceDiedError,
    StartError,
    StartTimeoutError,
    UnavailableError,
)
from tests.integration.inner import run_inner
from tests.integration.programs import SERVER, OwnRegistryTest, ask, python
from tests.integration.providers import environment
from tests.integration.sandbox import wait_until

PRINTED = Line(r"^PORT=(\d+)$")
WEB = """
import http.server, sys, time
time.sleep(0.2)
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""
STATUS = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        self.send_response(503 if Handler.asked < 4 else 204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
# A socket without SO_REUSEADDR, as some programs have it.
PLAIN = """
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
while True: s.accept()[0].close()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER
FORKING = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
print("gone to the background", flush=True)
time.sleep(600)
"""


class ProcessTest(HarnessTestCase):
    environment = environment("embedded")
    printed = Process(python(SERVER, "0"), ready=PRINTED)
    given = Process(python(SERVER, "{port}"))
    web = Process(python(WEB, "{port}"), ready=Http("/"), cwd="tests")
    slow = Process(python(STATUS, "{port}"), ready=Http("/health", status=204))
    plain = Process(python(PLAIN, "{port}"))
    told = Process(
        python(
            "import os; print(dict(os.environ)); print(os.getcwd(), 'done', flush=True); "
            "input() if 0 else __import__('time').sleep(600)"
        ),
        ready=Line("done$"),
        environment={"ADDRESS": given.address("tcp://{host}:{port}"), "WHERE": "{home}/x {port}"},
        cwd="tests",
    )

    def test_the_port_that_it_prints_is_where_it_is_reached(self):
        self.assertIn(f"PORT={self.printed.port}\n", self.printed.instance.log)
        self.assertTrue(ask(self.printed.address()).isdecimal())

    def test_the_port_that_it_is_given_is_where_it_is_reached(self):
        self.assertEqual(f"PORT={self.given.port}\n", self.given.instance.log)
        self.assertEqual(ask(self.given.address()), ask((self.given.host, self.given.port)))

    def test_by_http_it_is_ready_when_it_answers(self):
        self.assertIn("GET /", self.web.instance.log)
        self.assertEqual(f"http://127.0.0.1:{self.web.port}/x", self.web.url("http", "/x"))

    def test_by_http_a_status_may_be_asked_for(self):
        tries = self.slow.instance.log.count("GET /health")  # who joins the others asks once more
        self.assertGreaterEqual(tries, 4)

    def test_a_program_that_does_not_reuse_addresses_gets_its_port(self):
        socket.create_connection(self.plain.address()).close()

    def test_it_is_told_where_its_peers_are_in_a_clean_environment(self):
        log = self.told.instance.log
        self.assertIn(f"'ADDRESS': 'tcp://127.0.0.1:{self.given.port}'", log)
        home = str(self.told.instance.running.home)
        self.assertIn(f"'WHERE': '{home}/x {self.told.port}'", log)
        self.assertIn(f"'HOME': '{home}'", log)
        self.assertIn(f"'PORT': '{self.told.port}'", log)
        self.assertNotIn("DATABASE_URL", log)
        self.assertIn(f"{Path('tests').resolve()} done", log)

    def test_its_log_begins_with_the_lease(self):
        before = self.web.log
        socket.create_connection(self.web.address()).close()
        with contextlib.closing(http.client.HTTPConnection(*self.web.address())) as connection:
            connection.request("GET", "/services")
            connection.getresponse().read()

        self.assertEqual("", before)
        wait_until(lambda: "GET /services" in self.web.log, "the line in the log")
        self.assertNotIn("GET / ", self.web.log)

    def test_others_may_use_it_so_it_cannot_be_killed(self):
        for action in ("pause", "resume", "kill", "restart"):
            with self.assertRaisesRegex(LeaseError, "declared without exclusive=True"):
                getattr(self.given.instance, action)()

    def test_a_second_environment_attaches_to_it(self):
        with Environment(providers="embedded") as other:
            self.assertEqual(self.printed.port, other.lease(type(self).printed).port)
            self.assertFalse(other.instance(type(self).printed).running.fresh)


class ExclusiveTest(HarnessTestCase):
    environment = environment("embedded")
    server = Process(python(SERVER, "{port}"), exclusive=True)
    printed = Process(python(SERVER, "0"), ready=PRINTED, exclusive=True)
    worker = Process(
        python("import time; print('started', flush=True); time.sleep(600)"),
        ready=Line("^started$"),
        exclusive=True,
    )

    def test_restarted_it_is_another_process_on_the_same_port(self):
        before, port = ask(self.server.address()), self.server.port
        self.server.instance.restart()

        self.assertEqual(port, self.server.port)
        self.assertNotEqual(before, ask(self.server.address()))

    def test_restarted_its_printed_port_is_read_anew(self):
        before = self.printed.port
        self.printed.instance.kill()
        with socket.create_server(("127.0.0.1", before)):
            self.printed.instance.restart()

        self.assertNotEqual(before, self.printed.port)
        self.assertTrue(ask(self.printed.address()).isdecimal())

    def test_restarted_its_line_is_waited_for_anew(self):
        self.worker.instance.restart()
        self.assertEqual(2, self.worker.instance.log.count("started\n"))
        self.assertEqual("started\n", self.worker.instance.running.output())

    def test_paused_it_does_not_answer_until_it_is_resumed(self):
        self.server.instance.pause()
        with self.assertRaises(TimeoutError):
            ask(self.server.address(), within=0.2)
        self.server.instance.resume()

        self.assertTrue(ask(self.server.address()).isdecimal())

    def test_killed_it_is_down_until_it_is_restarted(self):
        port = self.server.port
        self.server.instance.kill()
        with self.assertRaises(ConnectionRefusedError):
            ask(("127.0.0.1", port))
        with self.assertRaises(ServiceDiedError) as raised:
            self.server.instance.check_alive()
        self.assertIn("process on embedded is down: killed by SIGKILL", str(raised.exception))
        self.assertIn("likely cause: the test killed it", str(raised.exception))
        self.server.instance.restart()

        self.assertTrue(ask(("127.0.0.1", port)).isdecimal())


class RevivalTest(OwnRegistryTest):
    def test_what_a_test_has_paused_or_killed_is_there_for_the_next_one(self):
        self.assertRevived("embedded", Process(python(SERVER, "{port}"), exclusive=True))

    def test_one_that_dies_by_itself_fails_the_test_that_saw_it(self):
        code = SERVER.replace("listener.accept()", "listener.accept(); os._exit(3)")

        class Case(HarnessTestCase):
            environment = self.own("embedded")
            server = Process(python(code, "{port}"), ready=PRINTED, exclusive=True)

            def test_a(self):
                socket.create_connection(self.server.address()).close()
                wait_until(self.server.instance.running.exit_state, "its end")

            def test_b_finds_a_new_one(self):
                self.assertIsNone(self.server.instance.running.exit_state())

        result = run_inner(Case)

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIn("process on embedded died: exit code 3", result.text)
        self.assertIn("PORT=", result.text)

    def test_a_shared_one_that_dies_fails_every_test_that_needs_it(self):
        code = SERVER.replace("listener.accept()", "listener.accept(); os._exit(3)")

        class Case(HarnessTestCase):
            environment = self.own("embedded")
            server = Process(python(code, "0"), ready=PRINTED)

            def test_a(self):
                socket.create_connection(self.server.address()).close()
                wait_until(self.server.instance.running.exit_state, "its end")

            def test_b(self):
                self.server.address()

        result = run_inner(Case)

        self.assertEqual(["test_a", "test_b"], result.failed, result.text)
        self.assertEqual([ServiceDiedError] * 2, [type(error) for error in result.raised])


class StopTest(OwnRegistryTest):
    def note(self, code):
        """Return a program that writes down how it was ended."""
        self.path = Path(self.data, "ended")
        self.addCleanup(self.path.unlink, missing_ok=True)
        return code.replace("WHERE", repr(str(self.path)))

    def run_and_close(self, made, service):
        made.lease(service).release()
        began = time.monotonic()
        made.close()
        self.took = time.monotonic() - began
        ended = self.path.read_text() if self.path.exists() else None
        self.path.unlink(missing_ok=True)
        self.assertEqual([], self.leftovers())
        return ended

    GRACEFUL = """
import signal, sys, time
def end(number, frame):
    time.sleep(0.1)
    open(WHERE, "w").write(str(number))
    sys.exit()
for number in (signal.SIGTERM, signal.SIGINT): signal.signal(number, end)
print("ready", flush=True)
while True: time.sleep(1)
"""

    def test_it_is_asked_to_stop_and_given_time(self):
        made = self.own("embedded")
        service = Process(python(self.note(self.GRACEFUL)), ready=Line("ready"))

        self.assertEqual(str(int(signal.SIGTERM)), self.run_and_close(made, service))

    def test_another_signal_may_be_what_it_listens_to(self):
        made = self.own("embedded")
        service = Process(
            python(self.note(self.GRACEFUL)), ready=Line("ready"), stop_signal=signal.SIGINT
        )

        self.assertEqual(str(int(signal.SIGINT)), self.run_and_close(made, service))

    def test_one_that_ignores_the_signal_is_killed_after_its_grace(self):
        made = self.own("embedded")
        self.note("")
        service = Process(python(STUBBORN, "{port}"), grace=0.3)

        self.assertIsNone(self.run_and_close(made, service))
        self.assertGreater(self.took, 0.3)
        self.assertLess(self.took, 3)

    def test_its_children_end_with_it(self):
        made = self.own("embedded")
        self.note("")
        service = Process(
            [
                "sh",
                "-c",
                "setsid sleep 600 & echo child=$!; setsid setsid sleep 600 & exec sleep 600",
            ],
            ready=Line("child="),
        )

        self.run_and_close(made, service)


class BadInputTest(OwnRegistryTest):
    def setUp(self):
        self.made = self.own("embedded", start_timeout="1")

    def test_a_command_that_is_not_there(self):
        text = self.refused(self.made, Process(["no-such-server", "--port", "1"]), StartError)

        self.assertIn("no-such-server could not be executed: No such file or directory", text)
        self.assertIn("likely cause: it is not installed", text)
        self.assertIn("next: run it by hand: no-such-server --port 1", text)

    def test_a_program_that_ends_at_once(self):
        code = "import sys; print('cannot read the settings', file=sys.stderr); sys.exit(78)"
        text = self.refused(self.made, Process(python(code)), StartError)

        self.assertIn("process on embedded ended while starting: exit code 78", text)
        self.assertIn("    cannot read the settings\n", text)

    def test_a_program_that_is_killed(self):
        code = "import os; os.kill(os.getpid(), 11)"
        text = self.refused(self.made, Process(python(code)), StartError)

        self.assertIn("ended while starting: killed by SIGSEGV", text)

    def test_a_program_that_prints_no_port(self):
        code = "import time; print('Listening on a port', flush=True); time.sleep(600)"
        service = Process(python(code), ready=PRINTED)
        text = self.refused(self.made, service, StartTimeoutError)

        self.assertIn("process on embedded was not ready within 1 s", text)
        self.assertIn("last failure: LookupError: no line of its output matches '^PORT=", text)
        self.assertIn("    Listening on a port\n", text)
        self.assertIn("next: ", text)

    def test_a_program_that_prints_no_line_end(self):
        code = "import time; print('PORT=80', end='', flush=True); time.sleep(600)"
        text = self.refused(self.made, Process(python(code), ready=PRINTED), StartTimeoutError)

        self.assertIn("no line of its output matches", text)

    def test_a_program_that_prints_what_is_no_port(self):
        code = "import time; print('ready: yes', flush=True); time.sleep(600)"
        service = Process(python(code), ready=Line("ready: (yes|no)"))
        text = self.refused(self.made, service, StartError)

        self.assertIn("printed 'yes', which is no port", text)
        self.assertIn("next: write (?:...) for a group that is none", text)

    def test_a_program_that_never_listens(self):
        service = Process(python("import time; time.sleep(600)"))
        text = self.refused(self.made, service, StartTimeoutError)

        self.assertIn("last failure: ConnectionRefusedError: nothing listens on 127.0.0.1:", text)
        self.assertIn("a program is told its port by {port} and PORT", text)

    def test_a_program_that_answers_with_errors(self):
        service = Process(python(STATUS, "{port}"), ready=Http("/", status=200))
        text = self.refused(self.made, service, StartTimeoutError)

        self.assertIn("last failure: ConnectionError: GET / answers 204", text)

    def test_a_program_that_goes_to_the_background(self):
        text = self.refused(self.made, Process(python(FORKING)), StartError)

        self.assertIn("ended while starting: exit code 0", text)
        self.assertIn("likely cause: it went on in the background", text)

    def test_a_program_that_ignores_being_asked_to_stop_while_it_starts(self):
        code = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
        self.refused(self.made, Process(python(code), grace=0.2), StartTimeoutError)

    def test_a_working_directory_that_is_not_there(self):
        text = self.refused(self.made, Process(["true"], cwd="no/such"), StartError)

        self.assertIn(f"the working directory {Path('no/such').absolute()} is not there", text)

    def test_a_fixed_port_that_another_program_has(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            text = self.refused(
                self.made, Process(python(SERVER, str(port)), port=port), StartError
            )

        self.assertIn(f"port {port} is taken: another program listens there", text)

    def test_a_password_that_it_was_told_is_not_shown(self):
        code = (
            "import os, sys; print(dict(os.environ)); sys.exit('no role ' + os.environ['A_TOKEN'])"
        )
        service = Process(python(code), environment={"A_TOKEN": "sesame-open"})
        text = self.refused(self.made, service, StartError)

        self.assertIn("no role ***", text)
        self.assertNotIn("sesame", text)

    def test_it_runs_on_this_machine_only(self):
        with self.assertRaises(UnavailableError) as raised:
            Environment(providers="docker").choose(Process(["true"]))

        self.assertIn("docker: a process runs on this machine only", str(raised.exception))
