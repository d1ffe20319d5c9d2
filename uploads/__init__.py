"""Takes bytes in from slow phones: resumable, bounded, sealed while they arrive, fenced against late writers.

`verbs` holds what the web room calls (`begin`, `append`, `look`, `abandon`, `receive`), `finishing` the one transaction
that turns a whole file into an attachment with its job, and the sweep; `staged` says where the bytes rest meanwhile.
"""
