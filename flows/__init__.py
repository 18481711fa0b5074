"""Nights, alerts and the command line: what puts the other packages to work."""
