"""Every statement on persons, guardians, codes and rolls."""
