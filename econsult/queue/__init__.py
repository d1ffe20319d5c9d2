"""The promise kept: what fires when, who is told, what the ledger says, and what will be late tomorrow."""
