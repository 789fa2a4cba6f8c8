"""The bytes of the protocol: numbers, values, JSON and CSV, read strictly and written one way (draw.md, section 0)."""
