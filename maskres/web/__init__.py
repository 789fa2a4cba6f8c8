"""The doors: pages for residents and staff, and the HTTP interface."""
