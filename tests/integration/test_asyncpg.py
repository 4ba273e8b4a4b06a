"""asyncpg over the DSN: everything under `commit`, reading under `readonly`, nothing to share under
`rollback`, which says so."""

import asyncio
from unittest import mock

import asyncpg

from harness import HarnessTestCase, Postgres
from harness.errors import LeakError
from harness.services.postgres import watcher
from tests.integration.providers import on_every_provider
from tests.integration.shop import shop

ADD = "insert into items (name) values ($1)"
COUNT = "select count(*) from items"


def with_connection(dsn, use):
    """Connect, await what `use` does with the connection, and close it; return what it returned."""

    async def main():
        connection = await asyncpg.connect(dsn)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return asyncio.run(main())


def with_pool(dsn, use):
    """The same with a pool."""

    async def main():
        async with asyncpg.create_pool(dsn, min_size=2, max_size=4) as pool:
            return await use(pool)

    return asyncio.run(main())


@on_every_provider
class PostgresConformanceAsyncpgUnderCommit:
    db = Postgres(migrations=shop, isolation="commit")

    def test_what_a_pool_commits_is_seen_by_the_lease_and_the_other_way_round(self):
        self.db.execute("insert into items (name) values ('of the lease')")

        async def use(pool):
            async with pool.acquire() as one, one.transaction():
                await one.execute(ADD, "of the pool")
            async with pool.acquire() as two:
                return await two.fetchval(COUNT)

        self.assertEqual(2, with_pool(self.db.dsn, use))
        self.assertEqual(2, self.db.count("items"))

    def test_connections_of_a_pool_work_at_once(self):
        async def use(pool):
            await asyncio.gather(*[pool.execute(ADD, f"item {number}") for number in range(20)])

        with_pool(self.db.dsn, use)

        self.assertEqual(20, self.db.count("items"))

    def test_a_transaction_that_is_rolled_back_and_a_savepoint(self):
        async def use(connection):
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(ADD, "undone")
            await transaction.rollback()
            async with connection.transaction():
                await connection.execute(ADD, "kept")
                try:
                    async with connection.transaction():
                        await connection.execute(ADD, "kept")
                except asyncpg.UniqueViolationError:
                    pass

        with_connection(self.db.dsn, use)

        self.assertEqual(["kept"], [row.name for row in self.db.rows("select name from items")])

    def test_a_deferred_constraint_is_checked_at_the_commit(self):
        async def use(connection):
            async with connection.transaction():
                await connection.execute("insert into children values (1, 7)")

        with self.assertRaises(asyncpg.ForeignKeyViolationError):
            with_connection(self.db.dsn, use)
        self.assertEqual(0, self.db.count("children"))

    def test_copy_prepared_statements_and_cursors(self):
        async def use(connection):
            rows = [(f"item {number}",) for number in range(5)]
            await connection.copy_records_to_table("items", records=rows, columns=["name"])
            statement = await connection.prepare("select name from items where id > $1 order by id")
            async with connection.transaction():
                return [row["name"] async for row in statement.cursor(3)]

        self.assertEqual(["item 3", "item 4"], with_connection(self.db.dsn, use))

    def test_a_notification_arrives(self):
        async def use(connection):
            heard = asyncio.get_running_loop().create_future()
            await connection.add_listener("news", lambda *said: heard.set_result(said[-1]))
            await asyncio.to_thread(self.db.execute, "select pg_notify('news', 'hello')")
            said = await asyncio.wait_for(heard, 10)
            await connection.reset()
            return said

        self.assertEqual("hello", with_connection(self.db.dsn, use))


@on_every_provider
class PostgresConformanceAsyncpgUnderReadonly:
    db = Postgres(migrations=shop, isolation="readonly", name="shared")

    def test_it_reads_and_cannot_write(self):
        async def use(connection):
            with self.assertRaises(asyncpg.ReadOnlySQLTransactionError):
                await connection.execute(ADD, "a")
            return await connection.fetchval(COUNT)

        self.assertEqual(0, with_connection(self.db.dsn, use))


@on_every_provider
class PostgresConformanceAsyncpgBeside:
    """What users are told who connect beside a lease."""

    def run_one(self, isolation, body):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation=isolation)

            def test_a(self):
                body(self.db, self)

            def test_b(self):
                self.assertEqual(0, self.db.count("items"))

        return self.raised_by(self.run_inner(Case))

    def test_under_rollback_it_sees_nothing_and_the_failure_says_why(self):
        async def count(connection):
            return await connection.fetchval(COUNT)

        def body(db, test):
            db.execute("insert into items (name) values ('a')")
            test.assertEqual(1, with_connection(db.dsn, count))

        error = self.run_one("rollback", body)

        self.assertIsInstance(error, AssertionError)
        self.assertIn("other connections do not see what", "\n".join(error.__notes__))

    def test_under_rollback_a_commit_of_it_is_named(self):
        async def add(connection):
            await connection.execute(ADD, "a")

        error = self.run_one("rollback", lambda db, _: with_connection(db.dsn, add))

        self.assertIsInstance(error, LeakError)
        self.assertIn(
            "another connection committed to the test's database: public.items", str(error)
        )

    def test_a_pool_that_is_not_closed_is_named(self):
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        pools = []

        async def leak(dsn):
            name = {"application_name": "a leaky pool"}
            pools.append(await asyncpg.create_pool(dsn, min_size=2, server_settings=name))

        def body(db, _):
            loop.run_until_complete(leak(db.dsn))

        with mock.patch.object(watcher, "GRACE", 0.1):
            error = self.run_one("commit", body)
        pools[0].terminate()
        loop.run_until_complete(asyncio.sleep(0))

        self.assertIsInstance(error, LeakError)
        self.assertIn("the test left 2 connection(s) to its database open", str(error))
        self.assertIn("(a leaky pool, idle)", str(error))
