"""The consult itself: who may ask, who must answer, by when, and what was said."""
