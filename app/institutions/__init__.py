"""The tree of tenants and the units inside a school. Owns `parent_id` and the lineage; nobody else writes them."""
