#!/usr/bin/env python
"""The desk's commands, run as `manage.py <command>`; `manage.py up` starts everything."""

import os
import sys

from django.core.management import execute_from_command_line

# These work before the desk has keys and a database: `up` is what makes them.
STARTS_FROM_NOTHING = {"up", "help", "version", "--help", "--version"}


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in STARTS_FROM_NOTHING:
        os.environ.setdefault("DESK_COMPLETE_SETTINGS", "1")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
