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

_NO_SWEEP = "the schema of sweep files comes with the command sweep, which this version does not have"


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="{arch|device}", callback=one_of(("arch", "device"), {"sweep": _NO_SWEEP}))
def schema(what: str) -> None:
    """Print the JSON Schema of architecture or device files."""
    import json

    from cimsim.arch import json_schema

    click.echo(json.dumps(json_schema(what), indent=2))
