"""The faces that a page trains or evaluates on: chosen, uploaded, looked at."""
