"""Hostile text in every stored field: pages show it as the text that it is."""
