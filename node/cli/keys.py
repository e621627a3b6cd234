"""``walras keys``: wallets that sign for their owner."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, global_options, note, remember
from node.cli.homes import HOME, home_of
from node.cli.passwords import PASSWORD_FILE, password
from node.cli.said import refuse
from node.cli.table import Group
from node.cli.text import table


@click.group(cls=Group)
@global_options
@click.pass_context
def keys(context: click.Context, /, **options: object) -> None:
    """Wallets: secret keys under a password, in the home's folder "wallets"."""
    remember(context, options)


@keys.command(cls=Command)
@click.argument("name")
@HOME
@PASSWORD_FILE
def new(settings: Settings, name: str, folder: Path | None, password_file: Path | None) -> None:
    """Make a wallet NAME with a key of its own."""
    from node.home.secrets import new_secret

    _create(settings, folder, name, new_secret(), password_file)


@keys.command("import", cls=Command)
@click.argument("name")
@click.option(
    "--seed-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help='64 hex digits, or what `keys show --secret` said; "-" is stdin.',
)
@click.option("--dev", metavar="ACCOUNT", help="A development account, whose secret is published.")
@HOME
@PASSWORD_FILE
def import_(
    settings: Settings,
    name: str,
    seed_file: Path | None,
    dev: str | None,
    folder: Path | None,
    password_file: Path | None,
) -> None:
    """Make a wallet NAME of a secret that exists: one of --seed-file and --dev."""
    if (seed_file is None) == (dev is None):
        raise UsageError("import", "takes one of --seed-file and --dev")
    if seed_file is not None:
        seed = _seed(seed_file)
    else:
        from node.home.development import account

        assert dev is not None
        seed = account(dev).seed
        note(settings, f"{dev}'s secret is published: whoever knows the name can sign for it")
    _create(settings, folder, name, seed, password_file)


@keys.command("list", cls=Command)
@HOME
def list_(settings: Settings, folder: Path | None) -> None:
    """List wallets."""
    from intents.errors import WalrasError
    from node.keystore import wallets

    where, rows = home_of(folder).wallets, []
    for name in wallets.names(where):
        try:
            rows.append({"name": name, "owner": wallets.read(where, name).owner})
        except WalrasError as error:
            rows.append({"name": name, "owner": f"({error.code})"})
    emit(settings, {"wallets": rows}, lambda: table(rows, left=("name", "owner")) or f"no wallet in {where}")


@keys.command(cls=Command)
@click.argument("name")
@click.option("--secret", is_flag=True, help="Print the secret seed: whoever sees it can sign.")
@click.option("--yes", is_flag=True, help="Do not ask before printing it.")
@HOME
@PASSWORD_FILE
def show(
    settings: Settings, name: str, secret: bool, yes: bool, folder: Path | None, password_file: Path | None
) -> None:
    """Show the public key of wallet NAME, and with --secret its secret one."""
    from node.home.development import holder_of
    from node.keystore import wallets

    if not secret:
        refuse("needs --secret: a public key is shown to anybody", "yes", "password_file")
    wallet = wallets.read(home_of(folder).wallets, name)
    found = {"name": name, "owner": wallet.owner, "account": "0x" + holder_of(wallet.public).hex()}
    if secret:
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError("--secret", "nobody can be asked whether to print it: add --yes")
            click.confirm(f"Print the secret of {name} on this screen?", abort=True, err=True)
        found["seed"] = wallets.seed_of(wallet, password(password_file, name)).hex()
    emit(settings, found, lambda: "\n".join(f"{key:8} {value}" for key, value in found.items()))


def _create(settings: Settings, folder: Path | None, name: str, seed: bytes, password_file: Path | None) -> None:
    from node.keystore import wallets

    where = home_of(folder).wallets
    wallets.check_new(where, name)  # before anybody thinks of a password
    wallet = wallets.create(where, name, seed, password(password_file, name, new=True))
    found = {"name": name, "owner": wallet.owner, "file": str(where / f"{name}.json")}
    emit(settings, found, lambda: f"{wallet.owner}\nin {found['file']}; there is no other copy of its key")


def _seed(file: Path) -> bytes:
    from intents.errors import Malformed
    from node.inputs import read_file

    text = read_file(file, limit=1_024).decode("ascii", "replace")
    # The file may hold all that `keys show --secret` says.
    said = [line.split()[1:] for line in text.splitlines() if line.startswith("seed ")]
    digits = " ".join(said[0]) if said else text.strip()
    try:
        seed = bytes.fromhex(digits.removeprefix("0x"))
    except ValueError as error:
        raise Malformed(str(file), "is not 64 hex digits, nor what `walras keys show --secret` says") from error
    if len(seed) != 32:
        raise Malformed(str(file), f"holds {len(seed)} bytes, not 32")
    return seed
