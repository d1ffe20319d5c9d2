"""What a finished copy may hold, by content: every field that our encoders set is asked for its own value."""
