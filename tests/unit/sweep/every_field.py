"""One small change of each number, choice and switch in an architecture, as settings by path."""

from contextlib import suppress
from typing import Literal, get_args, get_origin

from cimsim.arch.quantity import Quantity
from cimsim.arch.spec_base import Spec
from cimsim.errors import CimsimError


def legal_changes(base):
    """(path, architecture) for each change of a `Variations`' base that is allowed."""
    for path, value in changes_of(base.base):
        with suppress(CimsimError):
            yield path, base.at({path: value})


def changes_of(spec, prefix=""):
    """(path, value) for each field of a spec and of the models in it; not every value is a legal one."""
    for name, field in type(spec).model_fields.items():
        value, path = getattr(spec, name), f"{prefix}{name}"
        if isinstance(value, Spec):
            yield from changes_of(value, f"{path}.")
        elif isinstance(value, Quantity):
            yield f"{path}.value", value.value * 1.01 if value.value else 0.01
        elif isinstance(value, bool):
            yield path, not value
        elif isinstance(value, int):
            yield path, value + 1
        elif isinstance(value, float):
            yield path, 0.99 * value if value else 0.01
        else:
            words = [w for w in get_args(field.annotation) if get_origin(field.annotation) is Literal]
            yield from ((path, word) for word in words if word != value)
