"""What git tells of a change, and what it cannot tell."""

import os
from pathlib import Path
from unittest import mock

from harness.errors import ConfigurationError
from harness.runner.changes.repository import Repository
from tests.runner.changes.repositories import RepositoryTest, git


class ChangedTest(RepositoryTest):
    def test_a_change_is_what_is_committed_or_not_or_new_since_the_branch_was_left(self):
        self.start(kept="1", later="1", staged="1", edited="1", gone="1", moved="1\n2\n3\n")
        git(self.directory, "checkout", "-q", "-b", "topic")
        self.commit(later="2")
        git(self.directory, "mv", "moved.py", "there.py")
        self.write("staged.py", "2")
        git(self.directory, "add", "staged.py")
        self.write("edited.py", "2")
        self.write("new name.txt")
        self.write(".gitignore", "*.log")
        self.write("x.log")
        (self.directory / "gone.py").unlink()
        git(self.directory, "checkout", "-q", "main", "--", "kept.py")
        git(self.directory, "update-ref", "refs/heads/main", self.ahead())

        repository = Repository(self.directory)
        names = [".gitignore", "edited.py", "gone.py", "later.py", "moved.py", "new name.txt"]
        self.assertEqual(
            [*names, "staged.py", "there.py"], repository.changed(repository.base("main"))
        )

    def ahead(self):
        """Return a commit that main went on to, which is no change of ours."""
        tree = git(self.directory, "rev-parse", "main^{tree}").strip()
        return git(self.directory, "commit-tree", tree, "-p", "main", "-m", "ahead").strip()

    def test_paths_begin_at_the_repository_wherever_it_is_asked(self):
        self.start(sub__a="1")
        self.write("sub/ünï.py", "2")
        git(self.directory, "config", "diff.relative", "true")
        self.write("top.py", "2")
        found = Repository(self.directory / "sub").changed("HEAD")
        self.assertEqual(["sub/ünï.py", "top.py"], found)

    def test_the_python_files_are_those_that_are_there(self):
        self.start(a="1", gone="1")
        (self.directory / "gone.py").unlink()
        self.write("sub/new.py")
        self.write("data.txt")
        self.assertEqual(["a.py", "sub/new.py"], Repository(self.directory).python_files())
        for name in "GIT_GLOB_PATHSPECS", "GIT_LITERAL_PATHSPECS":  # as some scripts have them
            with mock.patch.dict(os.environ, {name: "1"}):
                found = Repository(self.directory).python_files()
            self.assertEqual(["a.py", "sub/new.py"], found, name)

    def test_a_file_is_told_as_it_was_before(self):
        self.start(a="one\ntwo", b="")
        self.write("a.py", "three")
        before = Repository(self.directory).before("HEAD", ["a.py", "never.py", "b.py"])
        self.assertEqual({"a.py": b"one\ntwo", "b.py": b""}, before)


class RefusedTest(RepositoryTest):
    def refused(self, revision, directory=None):
        with self.assertRaises(ConfigurationError) as caught:
            Repository(directory or self.directory).base(revision)
        return str(caught.exception)

    def test_a_revision_that_does_not_exist_is_refused_with_the_nearest(self):
        self.start(a="1")
        git(self.directory, "branch", "release")
        self.assertEqual(
            "--changed-since: there is no commit 'relaese' in this clone\n"
            "  likely cause: it was mistyped, or not fetched\n"
            "  next: git fetch; did you mean release?",
            self.refused("relaese"),
        )

    def test_a_revision_that_looks_like_an_option_is_none(self):
        self.start(a="1")
        self.assertIn("there is no commit '--all'", self.refused("--all"))

    def test_a_shallow_clone_says_how_to_fetch_more(self):
        self.start(a="1")
        git(self.directory, "branch", "topic")
        self.commit(a="2")
        for name, said in (
            ("origin/topic", "there is no commit 'origin/topic' in this clone"),
            ("topic", "topic and HEAD have no commit in common in this clone"),
        ):
            with self.subTest(name):
                clone = self.directory / "clones" / name
                source = self.directory.as_uri()
                git(self.directory, "clone", "-q", "--depth", "1", source, str(clone))
                if name == "topic":
                    git(clone, "fetch", "-q", "--depth", "1", "origin", "topic:topic")
                text = self.refused(name, clone)
                self.assertIn(
                    f"--changed-since: {said}\n  likely cause: the clone is shallow", text
                )
                self.assertIn("next: fetch the whole history: `git fetch --unshallow`", text)
                self.assertIn("`fetch-depth: 0`", text)

    def test_branches_that_never_met_are_refused(self):
        self.start(a="1")
        git(self.directory, "checkout", "-q", "--orphan", "other")
        self.commit(b="1")
        self.assertIn("main and HEAD have no commit in common", self.refused("main"))
        self.assertIn("likely cause: they never had one", self.refused("main"))

    def test_a_repository_without_a_commit_is_refused(self):
        git(self.directory, "init", "-q")
        self.assertIn("next: git fetch; commit something first", self.refused("HEAD"))

    def test_a_directory_in_no_repository_is_refused(self):
        with mock.patch.dict(os.environ, GIT_CEILING_DIRECTORIES=str(self.directory.parent)):
            text = self.refused("main")
        self.assertIn(f"--changed-since: {self.directory} is in no git repository", text)
        self.assertIn("    fatal: not a git repository", text)

    def test_a_machine_without_git_is_told_so(self):
        self.environment(PATH="/nowhere")
        self.assertEqual(
            "--changed-since: git cannot be run: No such file or directory\n"
            "  next: install git, or run all tests, without it",
            self.refused("main", Path("/")),
        )
