"""Every statement of the check-in: `ingest` on the way in, `lists` for those who look."""
