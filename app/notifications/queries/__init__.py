"""Statements on inboxes (`inbox`); on addresses, channels and what becomes of deliveries (`deliveries`, `channels`)."""
