"""Refusals of single arguments in our own words: place, rule, what was found, cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from cimsim.errors import InputError

__all__ = ["one_of", "passes", "whole_number"]

Callback = Callable[[click.Context, click.Parameter, Any], Any]


def whole_number(least: int) -> Callback:
    """A callback that takes decimal digits for an integer from ``least`` on."""

    def convert(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
        if value is None:
            return None
        number = _integer(value)
        if number is None or number < least:
            raise _refused(context, parameter, f"must be an integer from {least}", value)
        return number

    return convert


def passes(context: click.Context, parameter: click.Parameter, value: str | None) -> int | str | None:
    """A callback that takes a number of Monte-Carlo passes, or "exact"."""
    if value is None or value == "exact":
        return value
    number = _integer(value)
    if number is None or number < 1:
        raise _refused(context, parameter, "must be a number of passes from 1, or 'exact'", value)
    return number


def one_of(words: tuple[str, ...], cures: Mapping[str, str] | None = None) -> Callback:
    """A callback that takes one of a few words; ``cures`` says what to do about some of the others."""
    *most, last = words
    rule = f"must be {', '.join(most)}{' or ' if most else ''}{last}"

    def convert(context: click.Context, parameter: click.Parameter, value: str) -> str:
        if value not in words:
            raise _refused(context, parameter, rule, value, (cures or {}).get(value, ""))
        return value

    return convert


def _integer(value: str) -> int | None:
    return int(value) if re.fullmatch(r"-?[0-9]{1,4000}", value) else None


def _refused(
    context: click.Context, parameter: click.Parameter, rule: str, value: str, cure: str = ""
) -> click.UsageError:
    is_option = isinstance(parameter, click.Option)
    place = parameter.opts[0] if is_option else context.command_path
    return click.UsageError(str(InputError(place, rule, repr(value), cure)), context)
