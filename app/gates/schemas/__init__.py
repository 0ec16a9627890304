"""What goes in and out at the gate."""
