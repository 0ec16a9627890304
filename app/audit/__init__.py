"""The append-only, hash-chained trail of acts and of looks at personal data. Refuses to be changed, by anybody."""
