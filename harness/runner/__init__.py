"""Running any unittest suite in several processes, with an account of every test."""
