"""What the figures of a report mean."""

DEFINITIONS = (
    "Intervals are 95%, from 1,000 bootstrap draws of the faces, or Wilson's where a share is 0 "
    "or 100%. A face that was not found counts as wrong, except in the metrics of those found and "
    "of probabilities. Balanced accuracy is the mean recall of the emotions that occur in the "
    "ground truth; macro F1 the mean F1 of those that occur in the ground truth or the "
    "predictions. Expected calibration error (ECE): the gap between confidence and accuracy in 15 "
    "bins of equal width, weighted by their faces; against FER+ votes, the gap to the share of "
    "votes for the predicted label. Chance adds to an ECE, and each bootstrap draw adds more, so "
    "of few faces its interval lies too high, with the value near the low end. Brier score: mean "
    "over faces of the summed squared differences, 0 to 2. Coverage: the share of faces with a "
    "label when the least confident ones are left out. The prior says how common each expression "
    "was assumed to be: “balanced” equally common, “training” as in the model's training data, "
    "any other name as in the model's card. A dash stands for what is not defined."
)
