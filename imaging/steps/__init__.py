"""The steps of the pipelines, one per file. A step's parameters name what it needs and nothing more."""
