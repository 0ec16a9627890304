"""Words to people: templates, inboxes, and the channels over which they leave the service.

It knows accounts by id and the addresses that were given to it. Refuses to know why something is sent.
"""
