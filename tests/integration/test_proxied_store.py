"""What `proxied=True` does for a store, which may be a file."""

from harness import AsyncHarnessTestCase, HarnessTestCase, Postgres, SQLite, Store
from harness.errors import FaultError
from tests.integration.inner import run_inner
from tests.integration.programs import OwnRegistryTest
from tests.integration.providers import on, on_embedded

STORE = Store(isolation="commit", postgres=Postgres(proxied=True))


class ProxiedStoreTest:
    needed = STORE
    db = STORE

    def test_there_are_faults_on_postgres_and_on_sqlite_the_error_says_what_to_write(self):
        if self.db.dialect == "postgres":
            with self.db.toxics.latency(ms=1):
                self.assertEqual(1, self.db.value("select 1"))
            return
        with self.assertRaises(FaultError) as raised:
            self.db.toxics.latency(ms=1)

        self.assertEqual(
            "SQLite(isolation='commit') has no toxics: no connection leads to it\n"
            "  likely cause: SQLite is a file, which this process reads itself; so is a Store "
            "where HARNESS_STORE=sqlite\n"
            '  next: begin the test with self.requireCapability(self.db, "postgres"), '
            "and declare Store(postgres=Postgres(proxied=True))",
            str(raised.exception),
        )


on_embedded(ProxiedStoreTest)
on(ProxiedStoreTest, "sqlite")


class NoProxyTest(OwnRegistryTest):
    def test_on_sqlite_no_fault_proxy_is_started_nor_chosen(self):
        async def asynchronous(case):
            case.assertEqual(1, case.db.value("select 1"))

        def plain(case):
            case.assertEqual(1, case.db.value("select 1"))

        for kind, test in ((HarnessTestCase, plain), (AsyncHarnessTestCase, asynchronous)):
            # No fault proxy can run there: a container never reaches this machine's loopback.
            environment = self.own("embedded,toxiproxy=docker", store="sqlite")
            case = type("Case", (kind,), {"environment": environment, "db": STORE, "test": test})
            result = run_inner(case)

            self.assertTrue(result.wasSuccessful(), result.text)
            self.assertEqual([], result.skipped)
            self.assertEqual([], list(self.registry.slots()))

    def test_sqlite_itself_has_none_either(self):
        with self.own("embedded").lease(SQLite()) as lease, self.assertRaises(FaultError):
            lease.toxics.latency(ms=1)
