"""The workers: queue, jobs, clock, supervisor."""
