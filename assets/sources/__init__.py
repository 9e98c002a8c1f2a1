"""Pulled sources: a folder, an SQL query or an HTTP API, fetched into the inbox at the start of a run."""
