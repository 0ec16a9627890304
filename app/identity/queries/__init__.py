"""Statements on the tables of identity, by what they are about."""
