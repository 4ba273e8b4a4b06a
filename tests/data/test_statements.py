"""Splitting a script at the semicolons that end statements, and at no others."""

import random
import textwrap
import unittest

from harness.data.statements import Statement, split

SEEDS = range(40)
WORDS = (
    "select",
    "a",
    "e",
    "n",
    "end",
    "case",
    "begin",
    "_x1",
    "a$b$c",
    "été",
    "u",
    "atomic1",
    "1",
    "2.5e3",
)
STRINGS = (
    "''",
    "';'",
    "'it''s;'",
    "'--;'",
    "'/*;'",
    "'\\'",
    "'$$;'",
    "'\n;\n'",
    "e''",
    "E'\\';'",
    "e'\\\\'",
    "e''';'",
    "e'a;\\''\n  ';b\\''",
    "n';'",
    "b'01'",
    '";"',
    '"a"";"',
    '"\';"',
    "$$;$$",
    "$$'$$",
    "$a$;$$;$a$",
    "$_1$;\n$b$;$_1$",
    "$été$;$été$",
    "$1",
)
COMMENTS = ("-- it's;\n", "--\n", "/* ; ' */", "/* /* ; */ ; */", "/**/", "/*/**/*/", '-- "\r\n')
OPERATORS = (
    "+",
    "-",
    "/",
    "*",
    ",",
    ".",
    "::",
    "<>",
    "@>",
    "$",
    "=",
    ":=",
    "(;)",
    "(';')",
    "(a; (b;))",
)
BODY = "create function f() returns int begin atomic select case a when 1 then 2 end; select 3; end"


def texts(script):
    return [statement.text for statement in split(script)]


class SplitTest(unittest.TestCase):
    def assertOne(self, statement):
        """Check that a statement is one, alone and between two others."""
        self.assertEqual([statement], texts(statement))
        self.assertEqual(["a", statement, "b"], texts(f"a; {statement}; b"))

    def test_a_script_is_split_at_its_semicolons(self):
        self.assertEqual(["select 1", "select 2"], texts("select 1;\nselect 2;\n"))

    def test_the_last_semicolon_may_be_missing(self):
        self.assertEqual(["select 1", "select 2"], texts("select 1; select 2"))

    def test_nothing_is_no_statement(self):
        for script in ("", " \n\t", ";", ";;\n;", "-- one", "/* one */", "-- one\n;/* two */;\n"):
            with self.subTest(script):
                self.assertEqual([], texts(script))

    def test_strings_hide_semicolons(self):
        for statement in ("select ';'", "select 'it''s;'", "select ''';'", "select '\n;\n'"):
            self.assertOne(statement)

    def test_a_backslash_in_a_plain_string_is_itself(self):
        self.assertEqual(["select '\\'", "select 2"], texts("select '\\'; select 2"))

    def test_a_backslash_in_an_escape_string_escapes(self):
        for statement in (r"select E'\';'", r"select e'\\'", r"select (e'\';')", r"select e'a\';'"):
            self.assertOne(statement)

    def test_an_escape_string_goes_on_after_a_line_end(self):
        self.assertOne("select e'a'\n  '\\';'")

    def test_an_e_that_ends_a_word_begins_no_escape_string(self):
        self.assertEqual([r"select name'\'", "b"], texts(r"select name'\'; b"))

    def test_quoted_identifiers_hide_semicolons(self):
        for statement in ('select ";"', 'select "a"";"', 'select "\';"', "select '\";'"):
            self.assertOne(statement)

    def test_dollar_quotes_hide_everything(self):
        for statement in (
            "do $$ begin; end $$",
            "do $$ it's; $$",
            "select $a$ $$;$$ $b$;$b$ $a$",
            "select $$$$",
            "select $a1$;$a1$",
        ):
            self.assertOne(statement)

    def test_a_dollar_in_an_identifier_begins_no_quote(self):
        self.assertEqual(
            ["select a$b$c", "select 2 as x$b$"], texts("select a$b$c; select 2 as x$b$")
        )

    def test_a_parameter_begins_no_quote(self):
        self.assertEqual(["select $1", "select $2"], texts("select $1; select $2"))

    def test_line_comments_hide_semicolons(self):
        self.assertOne("select 1 -- it's; \n + 2")

    def test_block_comments_nest(self):
        self.assertOne("select 1 /* ; /* ; */ ; ' */ + 2")

    def test_a_comment_in_a_string_is_none(self):
        self.assertEqual(["select '/*'", "select '--'", "b"], texts("select '/*'; select '--'; b"))

    def test_comments_before_a_statement_are_left_out(self):
        self.assertEqual(["select 1"], texts("-- one;\n/* two; */ select 1;"))

    def test_the_commands_of_a_rule_stay_together(self):
        self.assertOne(
            "create rule r as on insert to t do also (insert into a values (1); notify b)"
        )

    def test_a_closing_bracket_too_many_joins_nothing(self):
        self.assertEqual(["select 1)", "b", "c"], texts("select 1); b; c"))

    def test_an_atomic_body_stays_together(self):
        self.assertOne(BODY)
        self.assertOne(BODY.upper())
        self.assertOne(BODY.replace("begin atomic", "begin /* ; */\n atomic"))

    def test_begin_alone_begins_a_transaction(self):
        self.assertEqual(["begin", "select 1", "end"], texts("begin; select 1; end;"))

    def test_what_is_not_closed_reaches_to_the_end(self):
        for statement in ("select $$;", "select 1 /* ; /* */ ;"):
            with self.subTest(statement):
                self.assertEqual([statement], texts(statement))

    def test_lines_are_counted_from_one(self):
        script = "-- a\n\nselect 1;\n\nselect\n2; select 3;\n/* b\n*/ select '\n';select 5"

        self.assertEqual(
            [3, 5, 6, 8, 9],
            [statement.line for statement in split(script)],
        )

    def test_windows_line_ends_are_line_ends(self):
        self.assertEqual(
            [Statement("select 1", 2), Statement("select\r\n2", 3)],
            split("-- a;\r\nselect 1;\r\nselect\r\n2;\r\n"),
        )

    def test_old_line_ends_end_a_comment(self):
        self.assertEqual(["select 1"], texts("-- a;\rselect 1;"))

    def test_a_long_script_is_split_in_a_moment(self):
        count = 20_000
        rows = ",\n".join(f"({n}, 'it''s {n};')" for n in range(count))

        self.assertEqual(2, len(split(f"insert into t values {rows}; select ';'")))
        self.assertEqual(count, len(split("insert into t values (1, ';');\n" * count)))

    def test_a_dumped_function_stays_together(self):
        script = textwrap.dedent(
            """
            CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql AS $_$
            BEGIN
                UPDATE t SET a = 1 WHERE b = 'x;y';
                RETURN NEW;
            END;
            $_$;
            CREATE TRIGGER t AFTER INSERT ON t EXECUTE FUNCTION total();
            """
        )

        first, second = split(script)

        self.assertTrue(first.text.endswith("$_$"))
        self.assertEqual((2, 8), (first.line, second.line))


class TriggerTest(unittest.TestCase):
    def test_the_body_of_a_trigger_of_sqlite_is_left_whole(self):
        for trigger in (
            "create trigger t after insert on a begin delete from b; select ';'; end",
            "CREATE TEMP TRIGGER IF NOT EXISTS t BEFORE UPDATE OF x ON a\n"
            "WHEN new.x > 1 BEGIN SELECT CASE WHEN 1 THEN RAISE(ABORT, 'no') END; END",
            'create temporary trigger "t" instead of delete on v begin select 1; end',
        ):
            with self.subTest(trigger):
                script = f"select 1; {trigger}; begin; select 2; end; select 3"
                texts = [statement.text for statement in split(script)]
                expected = ["select 1", trigger, "begin", "select 2", "end", "select 3"]
                self.assertEqual(expected, texts)

    def test_one_of_postgres_may_be_called_begin(self):
        trigger = "create trigger begin after insert on a for each row execute function f()"

        self.assertEqual([trigger, "select 1"], [s.text for s in split(f"{trigger}; select 1")])


class TortureTest(unittest.TestCase):
    """Statements made of random tokens, joined, come back from `split` as they were."""

    def statement(self, rng):
        tokens = [rng.choice(WORDS[:3])]
        for _ in range(rng.randrange(12)):
            tokens.append(rng.choice(rng.choice((WORDS, STRINGS, COMMENTS, OPERATORS))))
        if rng.random() < 0.1:
            tokens.append(BODY)
        tokens.append(rng.choice((*WORDS, *STRINGS)))
        return rng.choice((" ", "\n", "\t")).join(tokens)

    def test_random_statements_come_back(self):
        for seed in SEEDS:
            rng = random.Random(seed)
            with self.subTest(seed=seed):
                statements = [self.statement(rng) for _ in range(rng.randrange(1, 30))]
                script, expected = "", []
                for text in statements:
                    script += "".join(rng.choices(("\n", " ", ";", *COMMENTS), k=rng.randrange(4)))
                    expected.append(Statement(text, script.count("\n") + 1))
                    script += text + rng.choice((";", " ;", "\n;"))
                self.assertEqual(expected, split(script))
