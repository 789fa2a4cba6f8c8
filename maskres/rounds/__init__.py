"""Rounds and draws: their status, the order of steps, and the rules of a round."""
