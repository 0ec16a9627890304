"""Mechanism that every feature stands on: database, errors, events, paging, clock. Knows nothing of schools."""
