"""Statements on venues, on orders, on what is closed below an institution."""
