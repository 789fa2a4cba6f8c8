"""Long steps that workers do, the files handed in for them, and requests that are done once."""
