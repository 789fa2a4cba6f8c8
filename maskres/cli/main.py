"""The command line: `python -m maskres …`; its groups, and how errors become exit statuses."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from maskres.errors import ConfigurationError, InputError, MaskresError

CHECK_FAILED = 1
BAD_INPUT = 2
READER_GONE = 141
"""What a shell tells of a program that SIGPIPE ended: whoever read along (`head`) has had enough."""


#: Command → the module that holds it, imported only when asked for: `draw`, `allocate` and `receipt` load no database.
_MODULES = {
    "draw": "draw_commands",
    "allocate": "draw_commands",
    "verify": "verify_command",
    "receipt": "receipt_commands",
    "rehearse": "rehearse_commands",
    "round": "round_commands",
    "register": "register_commands",
    "registration": "register_commands",
    "staff": "staff_commands",
    "token": "staff_commands",
    "database": "setup_commands",
    "keys": "setup_commands",
    "notary": "setup_commands",
    "ledger": "ledger_commands",
    "worker": "work_commands",
    "sweeper": "work_commands",
    "demo": "demo_commands",
}


class _Commands(click.Group):
    """The commands by name, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names in the order of the manual."""
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give a command."""
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f"maskres.cli.{_MODULES[cmd_name]}")
        found: click.Command = next(command for command in module.COMMANDS if command.name == cmd_name)
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; end quietly where nobody reads what it prints any more, and not as a check that failed."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # What is still buffered has nowhere to go, and Python would complain of it on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return READER_GONE


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Register on line, draw before a notary, collect at a given time and place."""


def exit_status(error: MaskresError) -> int:
    """Give the exit status of an error: 2 for bad input or configuration, 1 for a check that failed."""
    return BAD_INPUT if isinstance(error, (InputError, ConfigurationError)) else CHECK_FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None takes the command line's.

    Returns:
        The exit status: 0 done, 1 a check failed or a step was refused, 2 bad input, 141 the reader of the output
        went away.
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
    except OSError as error:
        if error.filename is None:
            raise
        # Mostly a file of another account's, such as the keys: where it stands is all there is to say.
        click.echo(f"{os.fsdecode(error.filename)}: {error.strerror}.", err=True)
        return BAD_INPUT
    except click.Abort:
        click.echo("Stopped.", err=True)
        return CHECK_FAILED
    return status if isinstance(status, int) else 0


def run() -> None:
    """Run the command line and exit with its status."""
    sys.exit(main())
