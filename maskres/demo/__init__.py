"""A living city to try: synthetic people, one round in collection, the next open."""
