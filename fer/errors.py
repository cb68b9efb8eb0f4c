"""What can go wrong in a way its user can mend; every message is a sentence for that user."""


class FerError(Exception):
    """Root of all errors that the library raises on purpose."""


class BadImage(FerError):
    """Bytes or an array that cannot be read as a picture."""


class BadFilm(FerError):
    """A film, or a film's timeline, that cannot be read."""


class BadModel(FerError):
    """A model folder that is incomplete, broken or does not answer like a model."""


class UnknownModel(BadModel):
    """A model name that the registry does not hold."""


class BadPrior(FerError):
    """Shares of the emotions that cannot be a prior, or that a model cannot be asked with."""


class NameTaken(BadModel):
    """A name under which a model is published already."""


class UnknownDetector(FerError):
    """A detector name that is not registered."""


class UnknownNetwork(FerError):
    """A network name that is not registered."""


class BadDataset(FerError):
    """Labelled data that cannot be used as it is."""


class BadCaptures(FerError):
    """Captures of a visitor's own expressions that cannot be read or taught as they are."""


class OverBudget(FerError):
    """Labelled data that takes more time or memory than may be spent on it."""


class Stopped(FerError):
    """Work that was asked to stop before it was done."""


class BadSettings(FerError):
    """A setting outside what it may be."""


class BadRun(FerError):
    """A run folder that does not exist, or that cannot do what was asked in its present state."""


class WorkerLost(FerError):
    """A process that did a part of the work and was killed; the argument is what it was at."""


class NotInstalled(FerError):
    """A part of this program whose packages are not installed."""


class NotAllowed(FerError):
    """Something that the owner of this server has switched off."""
