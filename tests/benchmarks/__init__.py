"""How fast the harness is, beside its peers: `python -m tests.benchmarks`.

Every comparison is measured in one run, in turns, so that a noisy machine is noisy for all. Compare
the ratios; the times belong to the machine. Nothing here fails for being slow.
"""
