"""What is kept of a test that has failed: what it has printed, beside the logs of its services."""

from __future__ import annotations

from pathlib import Path

from harness.testing import artifacts

OUTPUT = "output"


class Keeping:
    """Keeps what tests have printed.

    Args:
        directory: Where: each test has a folder there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def begin(self) -> None:
        """Take note that a test begins: what was kept before is none of its own."""
        artifacts.taken()

    def end(self, test: str, output: str) -> tuple[list[str], str]:
        """Keep what a test has printed.

        Args:
            test: Its name.
            output: What it has printed; of a test that has printed nothing, nothing is kept.

        Returns:
            All files that were kept of the test, and why it could not be kept; empty if it was.
        """
        logs = artifacts.taken()
        why, files = "", []
        if output:
            try:
                files.append(self._write(test, output, logs))
            except OSError as error:
                why = f"what it printed cannot be kept in {self._directory}: {error}"
        artifacts.taken()
        return [str(file) for file in (*files, *logs)], why

    def _write(self, test: str, output: str, logs: list[Path]) -> Path:
        begin = artifacts.safe_name(test)
        folders = [log.parent for log in logs if log.parent.name.startswith(begin)]
        folder = folders[0] if folders else artifacts.new_folder(self._directory, test)
        file = artifacts.new_file(folder, OUTPUT, ".txt")
        artifacts.write(file, output)
        return file
