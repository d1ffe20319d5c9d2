"""Kill and cut: what must hold when processes, Redis or the network between them die."""
