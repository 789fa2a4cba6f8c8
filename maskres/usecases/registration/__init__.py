"""People register, one at a time or by file, and show later that a registration is theirs."""
