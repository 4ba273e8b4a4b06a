"""The places where services run, one module each."""
