"""Messages to people, and what shows that a phone is theirs."""
