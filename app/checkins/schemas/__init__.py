"""Bodies of the check-in, in and out."""
