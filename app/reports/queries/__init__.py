"""Statements on forms (`forms`), reports (`reports`), sums (`sums`), failures (`failures`) and places (`places`)."""
