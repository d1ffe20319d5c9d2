"""Tests of the house itself: its rooms, its sizes, its documents and the servers that the other tests use."""
