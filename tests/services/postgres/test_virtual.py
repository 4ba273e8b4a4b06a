"""Which statements are nothing but the begin or the end of a transaction."""

import unittest

from harness.services.postgres.virtual import control_word

WORDS = {
    "begin": "begin",
    "BEGIN;": "begin",
    "begin work": "begin",
    "begin transaction isolation level serializable": "begin",
    "start transaction": "begin",
    "Start\n  Transaction read only;": "begin",
    "commit": "commit",
    "  COMMIT ; ": "commit",
    "commit;;": "commit",
    "commit work": "commit",
    "commit transaction;": "commit",
    "end": "commit",
    "END TRANSACTION;": "commit",
    "rollback": "rollback",
    "rollback work;\n": "rollback",
    "ROLLBACK TRANSACTION": "rollback",
    "abort": "rollback",
    "abort;": "rollback",
    "/* done */ commit": "commit",
    "-- done\ncommit": "commit",
    "-- done\r\n  -- really\rCOMMIT;": "commit",
    "/* a /* b */ -- c */ rollback": "rollback",
    "/**/begin/* a; b */isolation level serializable -- c": "begin",
    "commit -- done; really": "commit",
    "commit/* all */work /* of it */;": "commit",
    "; commit": "commit",
    "-- why\nstart /* it */ transaction": "begin",
    # what is more than that is left to the server
    "rollback to savepoint a": None,
    "rollback to a": None,
    "commit prepared 'a'": None,
    "commit and chain": None,
    "savepoint a": None,
    "release savepoint a": None,
    "start": None,
    "beginning": None,
    "committed": None,
    "select 'commit'": None,
    "select 1; commit": None,
    "begin; select 1": None,
    "begin; commit;": None,
    "": None,
    ";": None,
    "-- commit": None,
    "/* commit */ select 1": None,
    "/* a /* commit */ commit": None,
    "-- a\nbegin; -- b\nselect 1": None,
    "commit /* prepared */ prepared 'a'": None,
    "rollback -- only\nto savepoint a": None,
    "commit -": None,
    "/": None,
    "\ufeffcommit": None,  # a name to the server
    "\u00a0commit": None,
}


class ControlWordTest(unittest.TestCase):
    def test_every_statement_is_told(self):
        for sql, word in WORDS.items():
            with self.subTest(sql):
                self.assertEqual(word, control_word(sql))
