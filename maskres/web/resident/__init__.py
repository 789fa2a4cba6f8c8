"""The residents' door: registering, and seeing where one stands."""
