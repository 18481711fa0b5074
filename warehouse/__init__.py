"""The policy table: append-only observations, derived intervals, changes, alerts, published files."""
