"""One file a claim: `python -m benchmarks [--only NAME] [--rounds N]`. Printed, never asserted by a test."""
