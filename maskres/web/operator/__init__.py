"""The door of the operator: rounds and their steps, registers, disputes, tasks."""
