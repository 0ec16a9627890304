"""Venues and closure orders: what is closed, to whom, by whose order, then and now. Refuses to know who wants in."""
