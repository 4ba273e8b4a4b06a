"""What platforms of CI read in the output of a run."""
