"""Pages for those who run the program: who is on duty, what is promised, and how the promise is kept."""
