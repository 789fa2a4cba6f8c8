"""The service's own verification of a bundle, with the rooms the service itself is made of.

`verify_draw.py` does the same without them; neither knows the other, so that the two check each other.
"""
