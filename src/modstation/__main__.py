"""`python -m modstation`."""

import sys

from modstation.cli import main

if __name__ == "__main__":
    sys.exit(main())
