"""Reads documents well enough to know what must not stay readable on them. What was read never leaves the jail."""
