"""Rounds themselves: made, opened, finished, their stores, slots and times, what stands committed."""
