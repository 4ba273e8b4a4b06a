"""The history of runs: what became of each test, how long it took, and where that was."""
