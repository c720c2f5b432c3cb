"""The `commlab` command: checks that the house is whole, then hands over to the command line."""

from commlab.house import check_links


def main() -> None:
    """Run the command line, or exit with status 2 where commlab's links have been lost."""
    check_links()
    from commlab.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
