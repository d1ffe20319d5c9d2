"""The time that clinicians spend on a consult, and what may be billed for it. Never a claim by itself."""
