"""``cimsim schema``: what an editor needs to complete and check a YAML file."""

from __future__ import annotations

import click

from cimsim.cli.words import one_of

__all__ = ["schema"]

_EPILOG = """\b
Example, for editors with the YAML language server:
  cimsim schema arch > arch.schema.json
  and as the first line of the YAML file:
  # yaml-language-server: $schema=arch.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="{arch|device|sweep}", callback=one_of(("arch", "device", "sweep")))
def schema(what: str) -> None:
    """Print the JSON Schema of architecture, device or sweep files."""
    import json

    from cimsim.arch import json_schema
    from cimsim.sweep.schema import sweep_schema

    click.echo(json.dumps(sweep_schema() if what == "sweep" else json_schema(what), indent=2))
