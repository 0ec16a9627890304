"""Persons whose health is followed, their guardians and households, and the rolls that say who stands where."""
