"""The figures, each beside its yardstick: `python -m benchmarks` (or `make bench`)."""
