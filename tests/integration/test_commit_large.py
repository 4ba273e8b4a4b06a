"""Tables with many rows: what it costs to put them back grows with what a test wrote."""

import unittest
from unittest import mock

import psycopg

from harness import Postgres
from harness.services.postgres.commit.wal import WalReader
from tests.integration.providers import on_each_kind_of_server, on_one_python

ROWS = 20_000


def stock(db):
    """Make tables that are too large to be kept in memory."""
    db.execute(
        "create table stock (id integer primary key, name text not null, price integer, "
        "  twice integer generated always as (price * 2) stored)"
    )
    db.execute(
        "create table parts (maker text, number integer, note text, primary key (maker, number))"
    )
    db.execute("create table keyless (line text)")
    db.execute("create table sold (id serial primary key, item integer references stock)")
    db.execute(f"insert into stock select n, 'item ' || n, n from generate_series(1, {ROWS}) n")
    db.execute(
        "insert into parts select 'maker \"' || n % 7 || '\\', n, repeat('x', 20) "
        f"from generate_series(1, {ROWS}) n"
    )
    db.execute(f"insert into keyless select 'line ' || n from generate_series(1, {ROWS}) n")


DIGEST = "select md5(string_agg(t::text, ';' order by t::text)) from {} t"


@on_each_kind_of_server
@on_one_python
class PostgresConformanceLarge:
    db = Postgres(migrations=stock, isolation="commit")
    pristine = {}

    def setUp(self):
        """Whatever the tests before have done, everything is as it was."""
        found = {name: self.db.value(DIGEST.format(name)) for name in ("stock", "parts", "keyless")}
        self.assertEqual(self.pristine.setdefault(self.db.instance.provider, found), found)
        self.assertEqual(0, self.db.count("sold"))

    def test_a_row_is_changed(self):
        self.db.execute("update stock set price = -1 where id = 77")

    def test_b_rows_are_deleted(self):
        self.db.execute("delete from stock where id between 100 and 250")

    def test_c_rows_are_added(self):
        self.db.execute("insert into stock select n, 'new' from generate_series(-50, -1) n")

    def test_d_a_key_is_changed(self):
        self.db.execute("update stock set id = -id where id in (5, 6, 19999)")

    def test_e_a_row_is_changed_that_was_put_back_before(self):
        self.db.execute("update stock set price = 0 where id = 77")

    def test_f_a_row_is_changed_twice_and_deleted_and_made_again(self):
        self.db.execute("update stock set price = 0 where id = 78")
        self.db.execute("update stock set price = 1 where id = 78")
        self.db.execute("delete from stock where id = 78")
        self.db.execute("insert into stock values (78, 'again', 5)")

    def test_g_a_row_is_changed_after_a_vacuum_has_moved_everybody_on(self):
        with psycopg.connect(self.db.dsn, autocommit=True) as connection:
            connection.execute("vacuum freeze stock")
            connection.execute("update stock set price = 5 where id in (77, 78, 100, 101)")

    def test_h_keys_of_several_columns_with_odd_letters(self):
        self.db.execute("update parts set note = 'y' where number % 1000 = 3")
        self.db.execute("delete from parts where number = 4")

    def test_i_what_is_rolled_back_is_no_change(self):
        with psycopg.connect(self.db.dsn) as connection:
            connection.execute("delete from stock where id < 40")
            connection.rollback()
            connection.execute("update stock set name = 'kept' where id = 41")

    def test_j_a_table_without_a_key(self):
        self.db.execute("delete from keyless where line = 'line 5'")

    def test_k_too_many_rows_at_once(self):
        self.db.execute("update stock set price = price + 1")

    def test_l_rows_that_others_refer_to(self):
        self.db.execute("insert into sold (item) values (9)")
        self.db.execute("update stock set price = 4 where id = 9")

    def test_m_only_what_was_written_is_put_back(self):
        self.assertTrue(self.stays())

    def test_n_the_session_that_reads_the_log_is_lost_and_opened_again(self):
        read = WalReader.writes

        def lose(reader, *args, **options):
            try:
                return read(reader, *args, **options)
            finally:
                reader._server.close()  # between what was written and on which pages

        with mock.patch.object(WalReader, "writes", lose):
            self.assertTrue(self.stays())

    def test_o_a_log_that_does_not_tell_the_pages_is_as_good_as_none(self):
        with mock.patch.object(WalReader, "pages", return_value=None):
            self.assertEqual(2, len(set(self.numbers())))

    def stays(self):
        """Return whether a test that writes a row leaves the database in its place.

        Where other processes write to the server at the same time, its log may be too long to be
        read, and another one takes the place: not each time.
        """
        tries = 10 if self.db.instance.provider == "external" else 1
        return any(len(set(self.numbers())) == 1 for _ in range(tries))

    def numbers(self):
        """Return the numbers of the database before and after a test that writes a row."""
        if self.db.instance.wal is None:
            raise unittest.SkipTest("without the server's log a new clone takes its place")
        numbers = []
        for _ in range(2):
            with self.environment.lease(type(self).db) as db:
                query = "select oid from pg_database where datname = current_database()"
                numbers.append(db.value(query))
                db.execute("update stock set price = -1 where id = 77")
        return numbers

    def test_z_the_last_one_finds_everything_as_it_was(self):
        """See `setUp`."""
