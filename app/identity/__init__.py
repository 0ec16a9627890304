"""Accounts, sign-in, devices, tokens, keys. Knows who somebody is, never what they may do."""
