"""Registers come in, draws are closed, verdicts decided and disputed."""
