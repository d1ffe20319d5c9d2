"""Walks the structure of files by their own rules, without decoding: every byte belongs to a named part."""
