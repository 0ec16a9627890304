"""Rules inherited down the tree. A lower level may tighten, never loosen what a level above has locked."""
