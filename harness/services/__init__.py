"""What tests depend on: one module or package for each kind of service."""
