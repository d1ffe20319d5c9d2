"""What comes by e-mail in somebody's name: kept apart until that person, signed in, begins a request with it."""
