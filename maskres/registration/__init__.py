"""Registrations: numbers, seals, receipts and the applications they come from."""
