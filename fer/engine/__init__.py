"""Engines: a model's ONNX file, checked when it is opened, and its predictions."""

from fer.engine.model import BATCH as BATCH, Model as Model
from fer.engine.opening import open_bytes as open_bytes, open_model as open_model
from fer.engine.session import THREADS as THREADS, use_threads as use_threads
