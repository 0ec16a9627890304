"""Statements on passes, events at the gate, who is inside."""
