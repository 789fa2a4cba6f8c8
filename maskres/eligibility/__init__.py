"""Registers, facts and the rules that decide who is in the pool."""
