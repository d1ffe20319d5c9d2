"""What an operator does at a terminal: accounts, clinics, children, links. One file per theme."""
