"""Spreadsheets and PDFs of what the caller may read anyway, made by whoever may read it, for that account alone.

Each kind reads through the service of the feature that owns it, with the rights that the account has at that moment,
and leaves the traces that a look leaves. Refuses to know a table of another feature, and to keep a file for longer than
a day.
"""
