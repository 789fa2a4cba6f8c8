"""The command line: `python -m maskres …`; its groups, and how errors become exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from maskres.cli import draw_commands
from maskres.errors import ConfigurationError, InputError, MaskresError

CHECK_FAILED = 1
BAD_INPUT = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Register on line, draw before a notary, collect at a given time and place."""


for command in draw_commands.COMMANDS:
    commands.add_command(command)


def exit_status(error: MaskresError) -> int:
    """Give the exit status of an error: 2 for bad input or configuration, 1 for a check that failed."""
    return BAD_INPUT if isinstance(error, (InputError, ConfigurationError)) else CHECK_FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None takes the command line's.

    Returns:
        The exit status: 0 done, 1 a check failed or a step was refused, 2 bad input.
    """
    try:
        status = commands.main(
            args=None if arguments is None else list(arguments), prog_name="maskres", standalone_mode=False
        )
    except MaskresError as error:
        click.echo(str(error), err=True)
        return exit_status(error)
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except click.Abort:
        click.echo("Stopped.", err=True)
        return CHECK_FAILED
    return status if isinstance(status, int) else 0


def run() -> None:
    """Run the command line and exit with its status."""
    sys.exit(main())
