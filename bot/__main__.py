"""Where the process begins: the command line, loaded quickly."""

import gc
import sys


def main() -> int:
    """Run the command line; gives the exit status."""
    # What is loaded stays for good: looking through it for garbage took a fifth of the start.
    gc.disable()
    from bot import command_line  # noqa: PLC0415

    gc.enable()
    return command_line.main()


if __name__ == "__main__":
    sys.exit(main())
