"""Any container."""
