"""Every table of the product, a module a subject; to import the package is to know them all.

The schema itself is made by `data/migrations`; a test holds the two together.
"""

from importlib import import_module
from pkgutil import iter_modules

from data.tables.columns import metadata

__all__ = ["metadata"]

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
