"""Published macros, tools and tables rebuilt with our components, and how far off the model is."""

from cimsim.validate.publications import Publication, load_publications
from cimsim.validate.run import Validation, validate

__all__ = ["Publication", "Validation", "load_publications", "validate"]
