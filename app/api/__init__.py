"""Puts the HTTP service together: routes, middleware, and what every error looks like."""
