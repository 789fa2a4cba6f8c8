"""The door of staff: logging in, proving oneself anew, and the first page of each role."""
