"""Faces in parquet files."""

from fer.data.formats.parquet.faces import read

__all__ = ["read"]
