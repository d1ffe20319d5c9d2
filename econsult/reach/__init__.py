"""How people are reached: their numbers and wishes, short texts, what became of each sending, and whom none reached."""
