"""The examples of the README and the documentation are run, and their links lead somewhere."""

import concurrent.futures
import doctest
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import click
from click.testing import CliRunner

from harness import errors
from harness.cli.main import main
from harness.core.settings_table import OPTIONS
from tests.integration.providers import on_one_python

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "samples").rglob("*.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"\bin(?:to)?\s`([\w./]+\.(?:py|sql|csv|jsonl|ini|toml|xml))`")
PROMPT = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
LINK = re.compile(r"\[[^\]]+\]\(([^)#]+)\)")
DEFAULT_FILE = "test_page.py"
QUICKEST = "external,embedded,docker"  # first, and then what an example can have nowhere else
AT_ONCE = 2  # pages of a part: their examples wait for servers more than they compute
PARTS = 8  # of the pages, for as many processes


def example_files(page):
    """Return the files that a page tells its reader to write: {name: text}.

    A block goes into the file that the text before it names; Python blocks of a page that names
    none are one test module. Those of other kinds need a name that ends as the kind does.
    """
    files, text, name, at = {}, page.read_text(encoding="utf-8"), DEFAULT_FILE, 0
    for block in BLOCK.finditer(text):
        names = FILE_NAME.findall(text, at, block.start())
        name = names[-1] if names else name
        if block[1] in ("python", "sql") or name.endswith(f".{block[1]}"):
            files[name] = files.get(name, "") + block[2]
        at = block.end()
    return files


def example_commands(page):
    """Return the commands that a page shows at a prompt, as (command, what it prints)."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [pair for kind, text in blocks if kind == "console" for pair in PROMPT.findall(text)]


def paths(group, *before):
    """Yield the words of a group of commands, and of all that are in it."""
    yield list(before)
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            yield from paths(group.get_command(context, name), *before, name)


class Examples:
    """The examples of some pages."""

    part: int

    def test_the_examples_of_every_page_pass(self):
        pages = PAGES[self.part :: PARTS]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for page, outcome in zip(pages, pool.map(self.outcome_of, pages), strict=True):
                with self.subTest(page=page.relative_to(ROOT)):
                    if outcome is not None:
                        raise outcome

    def outcome_of(self, page):
        """Run a page's examples; return what they raised, or None."""
        files, commands = example_files(page), example_commands(page)
        try:
            with tempfile.TemporaryDirectory() as directory:
                self.write(directory, files)
                self.run_tests(directory, files)
                self.run_commands(directory, commands)
        except Exception as error:
            return error
        return None

    def write(self, directory, files):
        for name, text in files.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run_tests(self, directory, files):
        if not files:
            return
        result = subprocess.run(
            [sys.executable, "-W", "error", "-m", "unittest", "-v"],
            cwd=directory,
            env={"HARNESS_PROVIDERS": QUICKEST, **os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, result.returncode, result.stderr)
        if "... ok" not in result.stderr and "no provider can run" in result.stderr:
            self.skipTest(result.stderr)
        self.assertRegex(result.stderr, r"Ran [1-9]")
        self.assertIn("... ok", result.stderr)

    def run_commands(self, directory, commands):
        python = os.path.dirname(sys.executable)
        environ = {
            **os.environ,
            "PATH": os.pathsep.join([python, os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "HARNESS_STATE_DIR": str(Path(directory, "state")),  # in which only these run
            "HARNESS_CI_PLATFORM": "none",
        }
        for command, expected in commands:
            result = subprocess.run(
                ["sh", "-c", command],
                cwd=directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.assertEqual(0, result.returncode, result.stdout)
            if not doctest.OutputChecker().check_output(expected, result.stdout, LOOSELY):
                self.assertEqual(expected, result.stdout)


for part in range(PARTS):  # classes of their own, as a class is run by one process
    name = f"Examples{part + 1}Test"
    members = {"part": part, "__module__": __name__}
    globals()[name] = on_one_python(type(name, (Examples, unittest.TestCase), members))


class PagesTest(unittest.TestCase):
    def test_every_link_to_a_file_of_the_project_leads_somewhere(self):
        for page in PAGES:
            for target in LINK.findall(page.read_text(encoding="utf-8")):
                if "://" not in target:
                    with self.subTest(page=page.name, target=target):
                        self.assertTrue((page.parent / target).exists())

    def test_every_page_of_the_documentation_can_be_reached_from_the_readme(self):
        seen, todo = set(), [ROOT / "README.md"]
        while todo:
            page = todo.pop().resolve()
            if page not in seen and page.suffix == ".md":
                seen.add(page)
                targets = LINK.findall(page.read_text(encoding="utf-8"))
                todo += [page.parent / target for target in targets if "://" not in target]

        self.assertEqual(set(), {page.resolve() for page in PAGES} - seen)

    def test_the_reference_lists_every_setting_with_its_variable_and_default(self):
        text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")

        for option in OPTIONS.values():
            default = f"`{option.default}`" if option.default else "empty"
            row = f"| `{option.name}` | `{option.environment}` | {default} | {option.help} |"
            self.assertIn(row, text)

    def test_the_reference_shows_the_help_of_every_command_as_it_is(self):
        text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")

        for arguments in paths(main):
            done = CliRunner().invoke(main, [*arguments, "--help"], prog_name="harness")
            with self.subTest(arguments):
                self.assertIn(f"```text\n{done.output}```\n", text)
                self.assertTrue(not arguments or f"## harness {' '.join(arguments)}\n" in text)

    def test_the_reference_shows_the_tree_of_errors_as_the_code_does(self):
        text = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
        tree = [line.strip() for line in errors.__doc__.splitlines() if "Error" in line]

        for line in tree[1:]:
            self.assertIn(line, text)
