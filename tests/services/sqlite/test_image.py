"""Putting back the bytes of a file."""

import contextlib
import mmap
import os
import random
import sqlite3
from pathlib import Path

from harness.services.sqlite.files import duplicate, locked, remove
from harness.services.sqlite.image import PIECE, STEPS, Mapped, WorkFile, differing, later, unseen
from tests.support.unit import DirectoryTest

NUMBERS = (slice(24, 28), slice(40, 44), slice(92, 96))


def without_numbers(path):
    found = bytearray(Path(path).read_bytes())
    for place in NUMBERS:
        found[place] = bytes(4)
    return bytes(found)


class ImageTest(DirectoryTest):
    def mapped(self, path):
        with open(path, "rb") as file:
            mapped = Mapped(file.fileno(), mmap.ACCESS_COPY, os.stat(path).st_size)
        self.addCleanup(mapped.close)
        return mapped

    def filled(self, name, rows=1000):
        path = self.directory / name
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("begin")
            connection.execute("create table t (x)")
            connection.executemany(
                "insert into t values (?)", [(os.urandom(3000),) for _ in range(rows)]
            )
            connection.execute("commit")
        return path

    def work_file(self, path):
        file = WorkFile(path)
        self.addCleanup(file.close)
        return file


class DifferingTest(ImageTest):
    def test_only_pieces_that_differ_are_named_and_all_of_them(self):
        rng = random.Random(7)
        size = 3 * STEPS[0] + 5 * PIECE + 77
        for _ in range(20):
            one = bytearray(rng.randbytes(PIECE) * (size // PIECE + 1))[:size]
            other = bytearray(one)
            places = sorted(rng.sample(range(size), rng.randint(0, 6)))
            for place in places:
                other[place] ^= 1 + rng.randrange(255)
            (self.directory / "one").write_bytes(one)
            (self.directory / "other").write_bytes(other)
            found = list(
                differing(
                    self.mapped(self.directory / "one"), self.mapped(self.directory / "other")
                )
            )
            with self.subTest(places=places):
                self.assertEqual(
                    sorted({place // PIECE for place in places}),
                    [start // PIECE for start, _ in found],
                )
                self.assertTrue(all(end <= size and end - start <= PIECE for start, end in found))


class PutBackTest(ImageTest):
    def put_back(self, scripts):
        """Write into a copy, put it back, and return what was written besides."""
        original = self.filled("original.db")
        path = self.directory / "copy.db"
        duplicate(original, path)
        file = self.work_file(path)
        for script in scripts:
            settled = file.settle()
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.executescript(script)
                with locked(connection):
                    file.put_back(self.mapped(original), settled)
            self.assertEqual(without_numbers(original), without_numbers(path))

    def test_a_file_that_is_longer_shorter_or_has_other_pages(self):
        self.put_back(
            [
                "insert into t select * from t",
                "delete from t; vacuum",
                "pragma page_size = 512; vacuum; update t set x = 1 where rowid = 5",
                "drop table t; create table u (y)",
                "select 1",
            ]
        )

    def test_of_a_file_with_one_row_more_few_bytes_are_written(self):
        original = self.filled("original.db", rows=3000)
        path = self.directory / "copy.db"
        duplicate(original, path)
        file = self.work_file(path)
        settled = file.settle()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("update t set x = 1 where rowid = 1500")
        mapped = self.mapped(original)

        different = list(differing(mapped, file._in_memory(len(mapped))))
        file.put_back(mapped, settled)

        self.assertLess(len(different), 6)
        self.assertEqual([], list(differing(mapped, file._in_memory(len(mapped))))[1:])

    def test_connections_see_that_the_file_has_changed(self):
        original = self.filled("original.db", rows=3)
        path = self.directory / "copy.db"
        duplicate(original, path)
        file = self.work_file(path)
        settled = file.settle()
        with (
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as one,
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
        ):
            one.execute("create table u (y)")
            one.execute("delete from t")
            self.assertEqual([(0,)], other.execute("select count(*) from t").fetchall())
            file.put_back(self.mapped(original), settled)
            for connection in (one, other):
                self.assertEqual([(3,)], connection.execute("select count(*) from t").fetchall())
                with self.assertRaisesRegex(sqlite3.OperationalError, "no such table: u"):
                    connection.execute("select * from u")

    def test_a_file_that_is_no_database_any_more(self):
        path = self.filled("a.db")
        original = self.mapped(path)
        file = self.work_file(path)
        settled = file.settle()
        os.truncate(path, 50)

        with self.assertRaisesRegex(EOFError, "a.db is no database any more"):
            file.put_back(original, settled)

    def test_any_write_is_seen_in_the_marks(self):
        path = self.filled("a.db")
        file = self.work_file(path)
        settled = file.settle()
        self.assertEqual(settled, file.settle())

        with path.open("r+b") as raw:
            raw.write(path.read_bytes()[:16])  # the same bytes

        self.assertNotEqual(settled.marks, (os.stat(path).st_ino, os.stat(path).st_mtime_ns, 0))
        self.assertEqual(settled.structure, file.settle().structure)


class NumbersTest(ImageTest):
    def header(self, changes, structure):
        made = bytearray(100)
        made[24:28], made[40:44] = changes.to_bytes(4), structure.to_bytes(4)
        return bytes(made)

    def test_the_number_of_changes_goes_on(self):
        for changes in (1, 77, 0xFFFFFFFF):
            made = later(bytes(100), self.header(changes, 5), 5)
            self.assertEqual(((changes + 1) % (1 << 32)).to_bytes(4), made[24:28])
            self.assertEqual(made[24:28], made[92:96])

    def test_that_of_the_structure_does_so_only_if_somebody_has_changed_it(self):
        self.assertEqual((5).to_bytes(4), later(bytes(100), self.header(1, 5), 5)[40:44])
        self.assertEqual((8).to_bytes(4), later(bytes(100), self.header(1, 7), 5)[40:44])
        self.assertGreater(unseen(3, 40), 40 + 100)  # set by hand, perhaps after changes


class DuplicateTest(ImageTest):
    def test_the_copy_equals_the_file_and_is_none_of_its_names(self):
        original = self.filled("a.db")

        duplicate(original, self.directory / "b.db")

        self.assertEqual(original.read_bytes(), (self.directory / "b.db").read_bytes())
        self.assertEqual(1, original.stat().st_nlink)

    def test_all_that_lies_beside_a_database_is_removed_with_it(self):
        path = self.filled("a.db")
        for suffix in ("-journal", "-wal", "-shm"):
            Path(f"{path}{suffix}").touch()

        remove(path)

        self.assertEqual([], list(self.directory.iterdir()))
