"""Where the process begins."""

import sys

from bot.cli.shell import main

if __name__ == "__main__":
    sys.exit(main())
