"""Pickup codes, redemption and the counting of stock."""
