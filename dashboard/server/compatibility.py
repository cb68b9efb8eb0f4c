"""Names of other packages that are no public interface, and the versions they were read in."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from importlib import metadata

from fer.errors import FerError

_log = logging.getLogger(__name__)


class UnsupportedVersion(FerError):
    """A package of this environment lacks something that the server rests on."""


@dataclass(frozen=True, slots=True)
class ForeignName:
    """``ForeignName("starlette", "1", "starlette.formparsers:MultiPartParser.spool_max_size")``:
    the distribution, the versions it was read in (all that begin like this), and where it is."""

    package: str
    version: str
    path: str

    def resolve(self) -> object:
        """What the name stands for. Raises `UnsupportedVersion` where it is gone."""
        module, _, attributes = self.path.partition(":")
        try:
            found: object = importlib.import_module(module)
            for attribute in attributes.split("."):
                found = getattr(found, attribute)
        except (ImportError, AttributeError):
            raise UnsupportedVersion(
                f"{self.package} {self.installed} has no {self.path}, which this program changes; "
                f"install version {self.version}: pip install -r requirements.txt"
            ) from None
        return found

    @property
    def installed(self) -> str:
        return metadata.version(self.package)

    @property
    def is_known(self) -> bool:
        """Whether the installed version is one that the name was read in."""
        return f"{self.installed}.".startswith(f"{self.version}.")


def require(*names: ForeignName) -> None:
    """Raises `UnsupportedVersion` for a name that is gone; logs a version nobody tried."""
    for name in names:
        name.resolve()
        if not name.is_known:
            _log.warning(
                "%s %s is installed; this program was tried with %s",
                *(name.package, name.installed, name.version),
            )
