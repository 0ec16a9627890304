"""How words leave the service: channels behind one protocol. Refuses to know why something is sent."""
