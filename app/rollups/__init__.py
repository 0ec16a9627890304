"""Figures for any institution and day. Stores leaves (class, school), sums on read, never stores a parent's figure."""
