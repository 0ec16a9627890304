"""The daily check-in: one way in for every source, corrections with history, who is missing. Figures follow at once."""
