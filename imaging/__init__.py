"""Turns an untrusted photo, video or document into a safe, upright, bounded, nameless copy."""
