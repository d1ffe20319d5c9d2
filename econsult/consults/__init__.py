"""The consult: request, media, clocks, threads, answers, and who works on it by when."""
