"""A shop's checkout: orders, and their payment from store credit and by card."""
