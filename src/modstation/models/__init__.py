"""What the desk knows, as frozen values: standard library only, no I/O, no Qt."""
