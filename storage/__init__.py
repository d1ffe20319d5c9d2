"""Keeps named bytes sealed, on disk or in an object store, and says so when they are missing."""
