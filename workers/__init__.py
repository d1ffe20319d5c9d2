"""Does later what must not make a person wait, and watches the clock."""
