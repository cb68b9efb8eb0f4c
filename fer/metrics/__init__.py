"""One engine for figures: epoch, model card, report and page compute them here.

On plain arrays, in the order of `fer.emotions`: `probabilities` (N, 7), NaN where no face was
found; `true` and `predicted` labels (N,); vote `shares` (N, 7); `weights` (N,), how much each face
counts.

- **Summaries**: `summary(probabilities, true, shares, weights=…)` is the record of a report,
  `card_summary(probabilities, true, shares, half, weights=…)` that of a card; both give the same
  numbers for the same faces, with intervals. `class_balanced_weights(true)` makes every emotion
  count as much, as the balanced prior assumes. `epoch_figures` are those of a network in training.
- **Classification**: `predicted_labels`, `was_found`, `accuracy`, `confusion`, `class_scores` with
  precision, recall and F1 (7,), `balanced_accuracy` and `macro_f1` (the mean F1 of the emotions
  that are true or predicted somewhere).
- **Calibration**: `with_temperature`, `fitted_temperature` (on unweighted faces), `cross_entropy`,
  `calibration_error`, `calibration_bins`, `coverage_curve`, `uncertain_below(confidence, weights)`,
  `halves`.
- **Intervals**: `bootstrap`, `share_interval`, `wilson_interval` for a share that is 0 or 1,
  `compare` for two models on the same faces.
- **Votes**: `crowd_majority`, `vote_shares`, `TIED`.

Where scikit-learn or scipy has a figure it is theirs, loaded when first needed.
"""

from fer.metrics.calibration import (
    NUM_BINS,
    UNCERTAIN_SHARE,
    accuracy_at_coverage,
    calibration_bins,
    calibration_error,
    coverage_curve,
    cross_entropy,
    cross_fitted,
    fitted_temperature,
    halves,
    squared_errors,
    uncertain_below,
    with_temperature,
)
from fer.metrics.classification import (
    NOT_FOUND,
    ClassScores,
    accuracy,
    class_scores,
    confusion,
    drawn_class_scores,
    predicted_labels,
    was_found,
)
from fer.metrics.epoch import epoch_figures
from fer.metrics.intervals import DRAWS, bootstrap, compare, share_interval
from fer.metrics.summary import card_summary, summary
from fer.metrics.votes import TIED, crowd_majority, vote_shares
from fer.metrics.weighting import class_balanced_weights
from fer.metrics.wilson import wilson_interval

__all__ = [
    "DRAWS",
    "NOT_FOUND",
    "NUM_BINS",
    "TIED",
    "UNCERTAIN_SHARE",
    "ClassScores",
    "accuracy",
    "accuracy_at_coverage",
    "bootstrap",
    "calibration_bins",
    "calibration_error",
    "card_summary",
    "class_balanced_weights",
    "class_scores",
    "compare",
    "confusion",
    "coverage_curve",
    "cross_entropy",
    "cross_fitted",
    "crowd_majority",
    "drawn_class_scores",
    "epoch_figures",
    "fitted_temperature",
    "halves",
    "predicted_labels",
    "share_interval",
    "squared_errors",
    "summary",
    "uncertain_below",
    "vote_shares",
    "was_found",
    "wilson_interval",
    "with_temperature",
]
