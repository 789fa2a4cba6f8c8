"""Where things stand, for pages and the API: only reading."""
