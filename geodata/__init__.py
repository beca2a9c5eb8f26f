"""Data in, data kept, data out."""
