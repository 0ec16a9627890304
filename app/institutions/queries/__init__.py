"""Every statement on the tree, its units and the names of members."""
