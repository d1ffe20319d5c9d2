"""Takes bytes in from slow phones: resumable, bounded, sniffed, quarantined."""
