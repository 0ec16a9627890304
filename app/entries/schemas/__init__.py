"""What entries take and answer: requests, decisions, visits, duties."""
