"""The vault: keys, the encrypted file, observations, journal, projections, search."""
