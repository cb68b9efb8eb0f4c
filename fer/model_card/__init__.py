"""Model cards: the input, settings, metrics and limits of a model."""

from fer.model_card.card import (
    INTENDED_USE as INTENDED_USE,
    NOT_FOR as NOT_FOR,
    PREDICTED as PREDICTED,
    ModelCard as ModelCard,
)
from fer.model_card.input_spec import InputSpec as InputSpec
from fer.model_card.json_values import (
    card_dict as card_dict,
    card_from as card_from,
    card_text as card_text,
)
