"""Tools of the project: set-up, locks, checks, pictures. No part of what is shipped."""
