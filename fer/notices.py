"""What people must be told: the limits of reading expressions, the law, and two training targets.

Every page, card and report takes these sentences from here.
"""

NOT_A_FEELING = (
    "An apparent expression is not a feeling: faces do not reliably reveal what somebody feels "
    "(Barrett et al. 2019, doi 10.1177/1529100619832930)."
)
AI_ACT = (
    "The EU AI Act forbids inferring emotions at work and in education (Art. 5(1)(f)) and demands "
    "that people be told when they are analysed (Art. 50)."
)
NO_DECISIONS = (
    "Judging what somebody feels, and any decision about people: hiring, school, policing, health."
)
CONFIDENCE_OF_VOTES = (
    "A model of votes predicts how they are split: where 60% of people say happy, it is about 60% "
    "confident, and happy is the correct label all the same. So its confidence fits the votes (ECE "
    "against FER+ votes) and lies below its accuracy (ECE)."
)
LABEL_AND_VOTES = (
    "FER2013's label and the majority of the FER+ votes agree on only 63% of its faces: a model "
    "that is good at one cannot be good at the other."
)
