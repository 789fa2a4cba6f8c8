"""What becomes of what is stored: written anew under newer keys, erased in its time."""
