"""What goes in and out: forms (`forms`), reports (`reports`), failures and rates (`failures`)."""
