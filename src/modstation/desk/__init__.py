"""What a person can do at the desk, one function each: the only way to change anything."""
