"""`staff` and `token`: who may come in by the doors."""

from __future__ import annotations

import sys

import click

from maskres.cli.deployment import as_option, open_service, read_actor
from maskres.rounds.roles import TOKEN_ROLES, StaffRole
from maskres.usecases.accounts import staff as accounts
from maskres.usecases.accounts import tokens

_ROLES = click.Choice([role.value for role in StaffRole])
_TOKEN_ROLES = click.Choice([role.value for role in TOKEN_ROLES])
store_option = click.option("--store", metavar="SLUG", help="Store of a counter; nobody else has one.")


def read_new_password() -> str:
    """Read a password: on a terminal unseen and twice, else one line of standard input; never an argument."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@click.group("staff")
def staff_group() -> None:
    """Accounts of staff."""


@staff_group.command("add")
@click.argument("name")
@click.option("--role", required=True, type=_ROLES, help="What the account may do.")
@click.option("--shown", "shown_name", required=True, metavar="TEXT", help="The name people read.")
@store_option
@as_option
def add(name: str, role: str, shown_name: str, store: str | None, actor_name: str) -> None:
    """Make an account; its password is asked for."""
    with open_service() as service:
        account = accounts.add_account(
            service, read_actor(actor_name), name, shown_name, role, store, password=read_new_password()
        )
    click.echo(f"{account.name} is {account.role}" + (f" of {account.store}." if account.store else "."))


@staff_group.command("list")
def list_all() -> None:
    """List the accounts: name, role, store, second factor, whether disabled."""
    with open_service() as service:
        for each in accounts.list_accounts(service):
            factor = "second factor" if each.has_second_factor else "password only"
            state = ", disabled" if each.is_disabled else ""
            click.echo(f"{each.name}  {each.role}  {each.store or '-'}  {factor}{state}  {each.shown_name}")


@staff_group.command("disable")
@click.argument("name")
@as_option
def disable(name: str, actor_name: str) -> None:
    """Stop an account at once, with all its sessions."""
    with open_service() as service:
        accounts.disable(service, read_actor(actor_name), accounts.find_named(service, name).id)
    click.echo(f"{name} is disabled.")


@staff_group.command("enable")
@click.argument("name")
@as_option
def enable(name: str, actor_name: str) -> None:
    """Let a disabled account log in again."""
    with open_service() as service:
        accounts.enable(service, read_actor(actor_name), accounts.find_named(service, name).id)
    click.echo(f"{name} is enabled.")


@staff_group.command("set-password")
@click.argument("name")
@as_option
def set_password(name: str, actor_name: str) -> None:
    """Give an account a new password, which is asked for, and end its sessions."""
    with open_service() as service:
        account = accounts.find_named(service, name)
        accounts.set_password(service, read_actor(actor_name), account.id, read_new_password())
    click.echo(f"{name} has a new password.")


@staff_group.command("reset-second-factor")
@click.argument("name")
@as_option
def reset_second_factor(name: str, actor_name: str) -> None:
    """Take an account's second factor away, so that it can set up another, and end its sessions."""
    with open_service() as service:
        accounts.reset_second_factor(service, read_actor(actor_name), accounts.find_named(service, name).id)
    click.echo(f"{name} has no second factor now.")


@click.group("token")
def token_group() -> None:
    """Tokens of tills and partners' systems."""


@token_group.command("make")
@click.argument("name")
@click.option("--role", required=True, type=_TOKEN_ROLES, help="What its holder may do.")
@store_option
@as_option
def make(name: str, role: str, store: str | None, actor_name: str) -> None:
    """Make a token and print it, this once."""
    with open_service() as service:
        made = tokens.make_token(service, read_actor(actor_name), name, role, store)
    click.echo(made.secret)
    click.echo("It is shown this once and kept nowhere.", err=True)


@token_group.command("list")
def list_tokens() -> None:
    """List the tokens: name, role, store, since when, whether revoked."""
    with open_service() as service:
        for each in tokens.list_tokens(service):
            state = f"revoked {each.revoked_at:%Y-%m-%d}" if each.revoked_at else "in use"
            click.echo(f"{each.name}  {each.role}  {each.store or '-'}  {each.created_at:%Y-%m-%d}  {state}")


@token_group.command("revoke")
@click.argument("name")
@as_option
def revoke(name: str, actor_name: str) -> None:
    """Revoke a token at once and for good."""
    with open_service() as service:
        tokens.revoke_token(service, read_actor(actor_name), name)
    click.echo(f"{name} is revoked.")


COMMANDS = [staff_group, token_group]
