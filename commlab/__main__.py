"""The `commlab` command: checks that the house is whole, then hands over to the command line."""

import sys


def main() -> None:
    """Run the command line, or exit with status 2 where commlab's links have been lost."""
    try:
        from commlab.house import check_links

        check_links()
        from commlab.cli import main as run_command_line
    except KeyboardInterrupt:
        sys.stderr.write("\ncommlab: stopped before it began.\n")
        raise SystemExit(130) from None
    run_command_line()


if __name__ == "__main__":
    main()
