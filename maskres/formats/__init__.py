"""The bytes of the protocol: numbers, values, JSON and CSV, read strictly and written one way (spec B1 to B11)."""
