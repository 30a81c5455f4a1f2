"""One file a claim: `python -m benchmarks [--only NAME] [--rounds N]`. Figures are printed, never asserted by a test."""
