"""What every model that is trained here is for, and what it is not for."""

INTENDED_USE = (
    "Showing which of seven apparent expressions people would see in a face, for study, teaching "
    "and demonstration, with the consent of those shown."
)
NOT_FOR = (
    "Judging what somebody feels, and any decision about people: hiring, school, policing, health. "
    "The EU AI Act forbids inferring emotions at work and in education (Art. 5(1)(f)) and demands "
    "that people be told when they are analysed (Art. 50)."
)
