"""Whole stories, told to the product as people start it: in a real browser, and through the API alone."""
