"""The door of the helpers: one person after another entered, each with a slip to take home."""
