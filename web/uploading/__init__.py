"""The two doors for files: tus for browsers with JavaScript and programs, a plain form for the others."""
