"""Who may do what, how far. Owns memberships and the one table `grants`; refuses to know what a row means."""
