"""Reading the conditions of CHECK constraints, and finding values that satisfy them."""
