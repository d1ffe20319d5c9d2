"""The end of a record: how long it must be kept, who holds it back, and how its keys and words are destroyed."""
