"""Reservations of scarce goods by a lottery that anyone can recompute."""
