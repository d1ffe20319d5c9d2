"""Who is on duty when, and to whom a request may go. Knows people and times, and nothing of consults."""
