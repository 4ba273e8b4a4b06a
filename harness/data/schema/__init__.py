"""What a database says of its tables: columns, types, constraints."""
