"""Statements of entries."""
