"""Records as pages show them: rows of lists, the case file, files with their state, and the media themselves."""
