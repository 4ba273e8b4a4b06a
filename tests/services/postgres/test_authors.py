"""Who has changed what databases share: read from records of the server's log."""

import struct
import unittest

from harness.services.postgres.commit.authors import Authors, Write, authors, database_of

HEADER = struct.pack("<IIQBBHI", 82, 577885, 0, 0x80, 1, 0, 0)
COMMIT = struct.pack("<QIII", 1, 0x09, 13575, 1663)


def record(*, header=HEADER, parts=b"\xff\x38", commit=COMMIT):
    return (header + parts + commit).ljust(128, b"\x00")


class DatabaseOfTest(unittest.TestCase):
    def test_a_commit_names_the_database_of_its_session(self):
        for parts in (b"\xff\x38", b"\xfe\x00\x01\x00\x00", b"\xfd\x01\x00\xff\x38"):
            with self.subTest(parts):
                self.assertEqual(13575, database_of(record(parts=parts), 8000 - 8000 % 8))

    def test_a_record_goes_on_behind_the_header_of_the_next_page(self):
        whole = record()
        for left in (8, 24, 40):
            broken = whole[:left] + b"\xaa" * 24 + whole[left:]
            with self.subTest(left):
                self.assertEqual(13575, database_of(broken[:128], 8192 - left))

    def test_what_does_not_name_one_proves_nothing(self):
        for given in (
            record(header=HEADER[:16] + b"\x00" + HEADER[17:]),  # without flags
            record(commit=struct.pack("<QIII", 1, 0x08, 13575, 1663)),  # without a database
            record(parts=b"\x00\x38"),  # with something unknown ahead
            record()[:30],
            b"",
        ):
            with self.subTest(given):
                self.assertEqual(0, database_of(given, 0))


def told(*writes):
    """Return who has written to file 1260; transactions from 100 on are others'."""
    databases = {write.xid: 5 if write.xid < 100 else 7 for write in writes}
    return Authors(databases, {1260: list(writes)})


class AuthorsTest(unittest.TestCase):
    def test_a_row_is_made_by_whoever_has_inserted_and_changed_it(self):
        made = told(Write(1, None, "(0,1)"), Write(2, "(0,1)", "(0,2)"))

        self.assertTrue(made.has_made(5, 1260, "(0,2)"))
        self.assertFalse(made.has_made(7, 1260, "(0,2)"))
        self.assertFalse(made.has_made(5, 1260, "(0,3)"))
        self.assertFalse(made.has_made(5, 1261, "(0,2)"))

    def test_a_row_that_was_there_before_is_not_made(self):
        self.assertFalse(told(Write(2, "(0,1)", "(0,2)")).has_made(5, 1260, "(0,2)"))

    def test_a_row_that_others_have_touched_is_not_made(self):
        for writes in (
            (Write(100, None, "(0,1)"), Write(2, "(0,1)", "(0,2)")),
            (Write(1, None, "(0,1)"), Write(100, "(0,1)", "(0,2)")),
        ):
            self.assertFalse(told(*writes).has_made(5, 1260, "(0,2)"))

    def test_a_place_that_was_used_twice_holds_the_last_row(self):
        writes = (Write(100, None, "(0,1)"), Write(100, "(0,1)", None), Write(1, None, "(0,1)"))

        self.assertTrue(told(*writes).has_made(5, 1260, "(0,1)"))

    def test_a_row_is_changed_or_deleted(self):
        changed = told(Write(1, "(0,1)", "(0,2)"), Write(2, "(0,2)", "(1,1)"))
        deleted = told(Write(1, "(0,1)", "(0,2)"), Write(2, "(0,2)", None))

        self.assertTrue(changed.has_changed(5, 1260, "(0,1)", "(1,1)"))
        self.assertFalse(changed.has_changed(5, 1260, "(0,1)", "(0,2)"))
        self.assertFalse(changed.has_changed(5, 1260, "(0,9)", "(0,9)"))
        self.assertTrue(deleted.has_changed(5, 1260, "(0,1)", None))
        self.assertFalse(deleted.has_changed(5, 1260, "(0,1)", "(0,2)"))

    def test_a_row_that_others_have_changed_too_is_not_changed(self):
        changed = told(Write(100, "(0,1)", "(0,2)"), Write(2, "(0,2)", "(0,3)"))

        self.assertFalse(changed.has_changed(5, 1260, "(0,1)", "(0,3)"))

    def test_the_log_of_both_forms_is_read(self):
        """PostgreSQL 15 and 16 describe a record each in its own way."""
        commit = (40, record())
        blocks = "blkref #0: rel 1664/0/1260 fork main blk 9 (FPW); hole: offset: 92, length: 5876 "
        two = f"{blocks}blkref #1: rel 1664/0/1260 fork main blk 8"
        old = "off 5 xmax 577894 flags 0x60 ; new off 10 xmax 0"
        new = "old_xmax: 7, old_off: 5, old_infobits: [], flags: 0x20, new_xmax: 0, new_off: 10"

        found = authors(
            [
                (7, 1260, "INSERT", blocks, "off 17 flags 0x01", *commit),
                (7, 1260, "INSERT", blocks, "off: 17, flags: 0x01", *commit),
                (8, 1260, "HOT_UPDATE", blocks, old, *commit),
                (8, 1260, "UPDATE", two, new, *commit),
                (9, 1260, "DELETE", blocks, "off 17 flags 0x00 KEYS_UPDATED ", *commit),
                (9, 1260, "DELETE", blocks, "xmax: 9, off: 17, infobits: []", *commit),
            ]
        )

        self.assertEqual({7: 13575, 8: 13575, 9: 13575}, found.databases)
        made, gone = Write(7, None, "(9,17)"), Write(9, "(9,17)", None)
        changed = [Write(8, "(9,5)", "(9,10)"), Write(8, "(8,5)", "(9,10)")]
        self.assertEqual([made, made, *changed, gone, gone], found.writes[1260])
