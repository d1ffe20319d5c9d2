"""What the pages say: languages, catalogues, times, and the codes of the consult in words for families and staff."""
