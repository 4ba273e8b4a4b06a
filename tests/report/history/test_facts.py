"""What is to be known of a run beside its tests."""

import subprocess

from harness.report.history import facts
from harness.runner.options import Options
from tests.support.unit import DirectoryTest

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")


class CommitTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.environment()

    def git(self, *arguments):
        done = subprocess.run(
            [*GIT, *arguments], cwd=self.directory, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def test_git_tells_the_commit_and_whether_files_of_it_were_changed(self):
        self.git("init", "-q")
        self.assertEqual((None, None), facts.commit_of(self.directory, {}))
        self.write("a.py", "1\n")
        self.git("add", "a.py")
        self.git("commit", "-qm", "a")
        commit = self.git("rev-parse", "HEAD")
        self.write("report.xml")

        self.assertEqual((commit, False), facts.commit_of(self.directory, {"GITHUB_SHA": "1f"}))
        self.write("a.py", "2\n")
        self.assertEqual((commit, True), facts.commit_of(self.directory, {}))

    def test_without_git_the_variables_of_ci_tell_the_commit(self):
        for variable in facts.VARIABLES:
            with self.subTest(variable):
                self.assertEqual(
                    ("1f2e", None), facts.commit_of(self.directory, {variable: "1f2e"})
                )
        self.assertEqual((None, None), facts.commit_of(self.directory, {"GITHUB_SHA": ""}))

    def test_a_machine_without_git_is_one_without_a_commit(self):
        self.environment(PATH="/nowhere")

        self.assertEqual((None, None), facts.commit_of(self.directory, {}))


class SoftwareTest(DirectoryTest):
    def test_images_that_are_overridden_have_another_digest(self):
        own = facts.software()
        other = facts.software(self.write("images.json", '{"postgres": "a@sha256:1f"}'))

        self.assertNotEqual(own["images"], other["images"])
        self.assertEqual(own["images"], facts.software(self.directory / "nowhere")["images"])

    def test_a_run_is_told_from_all_others_and_says_nothing_of_whose_machine_it_is(self):
        one, other = (facts.gathered(Options(shard=(1, 2))) for _ in range(2))

        self.assertNotEqual(one.uuid, other.uuid)
        self.assertEqual((1, 2), one.shard)
        import socket

        self.assertNotIn(socket.gethostname(), repr(one))
