"""Migrations: how a database comes to the present tables, step by step, on both kinds."""
