"""Sets a text as a paper that everybody can read: a tagged PDF, or plain lines for a chart."""
