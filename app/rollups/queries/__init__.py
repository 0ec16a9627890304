"""Statements on the leaves: `tables`, `leaves` (writing), `sums` (reading), `places` (the tree they stand in)."""
