"""What was published, and which rebuilt architecture answers it: the table that ships with the package."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from cimsim.errors import InputError, closest

__all__ = ["Figure", "Publication", "choose", "load_publications"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Record):
    """One published number.

    Attributes
    ----------
    what : in words
    quantity : key of what is measured on the model; its last word is the unit
    published : in SI
    reason : why the model is off, or what the agreement rests on
    is_independent : false for a figure that follows from another one, or that our costs come from
    """

    what: str
    quantity: str
    published: float = Field(gt=0)
    reason: str
    is_independent: bool = True


class Publication(_Record):
    """A design, a tool's answer or a table of energies.

    Attributes
    ----------
    key : name for the command line, and of its files
    title, source : of the publication, and where its figures were read
    mark : how the figures came about
    grade : "read" at `source`, "run" by us where it is another tool's answer
    convention : what an operation is, what belongs to the figure
    architecture : file of ``arch_configs/validation``
    measure : what is done with it, a key of `cimsim.validate.measures.MEASURES`
    rows, columns : of the product that an invocation of a macro computes
    workload : shipped network whose accuracy is told
    """

    key: str
    title: str
    source: str
    mark: Literal["measured", "simulated", "table"]
    grade: Literal["read", "run"]
    convention: str
    architecture: str
    measure: Literal["product", "network", "blocks", "accuracy"]
    rows: int = 0
    columns: int = 0
    workload: str = ""
    figures: tuple[Figure, ...]


def load_publications() -> tuple[Publication, ...]:
    """All of them, in the order of the file."""
    text = files("cimsim.validate").joinpath("publications.yaml").read_text(encoding="utf-8")
    return tuple(Publication.model_validate(entry) for entry in yaml.safe_load(text))


def choose(keys: Sequence[str]) -> tuple[Publication, ...]:
    """Those with the given keys, or all; raises ``InputError`` for a key that is not there."""
    known = {publication.key: publication for publication in load_publications()}
    for key in keys:
        if key not in known:
            raise InputError(key, "no such publication", cure=closest(key, known))
    return tuple(known[key] for key in keys or known)
