"""The pages of the medical home: its home, its children, requests to specialists and the cases that it follows."""
