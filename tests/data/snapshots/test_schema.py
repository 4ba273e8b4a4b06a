"""Comparing a snapshot's schema with what the migrations make."""

import unittest
from pathlib import Path

from harness.data.catalog import Catalog
from harness.data.snapshots.manifest import Manifest, digest
from harness.data.snapshots.schema import MOST, check_schema, is_account
from harness.errors import SnapshotError

TABLE = {("table", "public.users"): ""}
MANIFEST = Manifest("2026-01-01T00:00:00Z", "1", "15.1", 150001, "15.1", "", (), {}, (), {}, (), 0)


class SchemaTest(unittest.TestCase):
    def compare(self, saved, made, major=15):
        check_schema(Path("shop.dump"), MANIFEST, Catalog(saved), Catalog(made), major)

    def refused(self, *arguments):
        with self.assertRaises(SnapshotError) as raised:
            self.compare(*arguments)
        return str(raised.exception)

    def test_of_a_long_difference_the_beginning_is_shown(self):
        many = {("table", f"public.t{number:03}"): "" for number in range(MOST + 2)}

        said = self.refused({}, many)

        self.assertIn("    - table public.t000\n", said)
        self.assertIn("    ... and 2 more lines\n", said)
        self.assertIn("one of both was changed after 2026-01-01T00:00:00Z, when it was saved", said)

    def test_another_version_of_the_server_may_write_views_in_other_words(self):
        one, other = ({**TABLE, ("view", "public.v"): said} for said in ("select 1", "SELECT 1"))

        self.compare(one, other, 16)
        self.assertIn("view public.v SELECT 1", self.refused(one, other, 15))

    def test_what_a_server_for_tests_need_not_have_is_not_compared(self):
        self.compare({**TABLE, ("extension", "pg_stat_statements"): "1.10"}, TABLE)
        self.compare({**TABLE, ("publication", "cdc"): "t"}, TABLE)

    def test_the_accounts_of_tools_are_told_from_tables(self):
        for name in (
            "public.schema_migrations",
            "public.schema_migrations.version",
            "schema_migrations_pkey on public.schema_migrations",
            "public.goose_db_version_id_seq",
            "public.alembic_version_pkc",
        ):
            self.assertTrue(is_account(name), name)
        for name in ("public.schema_migrations_log", "schema_migrations.users", "public.users"):
            self.assertFalse(is_account(name), name)

    def test_the_digest_depends_on_every_definition_and_not_on_their_order(self):
        a, b = {("table", "a"): "1"}, {("table", "b"): "2"}

        self.assertEqual(digest(Catalog({**a, **b})), digest(Catalog({**b, **a})))
        self.assertNotEqual(digest(Catalog(a)), digest(Catalog({("table", "a"): "2"})))
