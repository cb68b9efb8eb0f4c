"""section"""

from dashboard.evaluations import Evaluation


def section(evaluation: Evaluation) -> None:
    raise NotImplementedError
