"""Networks that others trained, made into model folders.

>>> importing.import_model([Path("mini_XCEPTION.hdf5")], "angry,disgust,fear,happy,…", "-1..1")
"""

from fer.export.importing.importer import Imported, import_model

__all__ = ["Imported", "import_model"]
