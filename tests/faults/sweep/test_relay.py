"""The relay of a sweep between plain sockets."""

import contextlib
import os
import signal
import socket
import threading
import unittest
import warnings

from harness.faults.sweep.relay import Place, Relay

LARGE = 16 << 20  # bytes, more than all buffers on the way hold


class RelayTest(unittest.TestCase):
    def serve(self, handle):
        """Return the address of a server that handles each connection in a thread."""
        listener = socket.create_server(("127.0.0.1", 0))
        threads = []

        def work():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threads.append(threading.Thread(target=self.handle, args=[handle, client]))
                    threads[-1].start()

        accepting = threading.Thread(target=work)
        accepting.start()

        def end():
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for thread in (accepting, *threads):
                thread.join()

        self.addCleanup(end)
        return listener.getsockname()

    def handle(self, handle, client):
        with client, contextlib.suppress(OSError):
            handle(client)

    def relay(self, upstream):
        """Return a relay, and where it listens."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            place = Place(free.getsockname(), upstream)
        relay = Relay([place])
        self.addCleanup(relay.close)
        return relay, place.listen

    def test_a_client_that_does_not_read_its_answer_keeps_no_server_from_its_end(self):
        begun = threading.Event()

        def answer(client):
            client.sendall(b"x" * (1 << 20))
            begun.set()
            client.sendall(b"x" * LARGE)

        relay, address = self.relay(self.serve(answer))
        with socket.create_connection(address):
            self.assertTrue(begun.wait(5))
            self.assertTrue(relay.end(5))

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_process_that_was_forked_keeps_neither_a_connection_nor_the_port(self):
        def answer(client):
            client.recv(1)
            client.shutdown(socket.SHUT_RDWR)  # the child has this one, too

        relay, address = self.relay(self.serve(answer))
        with socket.create_connection(address, 5) as client:
            client.sendall(b"")
            child = self.fork()
            self.assertTrue(relay.end(5))
            self.assertEqual(b"", client.recv(1))
            relay.close()
            socket.create_server(address).close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def fork(self):
        """Return the number of a process that has all that this one has, and waits."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, for our threads
            child = os.fork()
        if child == 0:
            signal.alarm(20)
            signal.pause()
            os._exit(0)
        return child


if __name__ == "__main__":
    unittest.main()
