"""Pulling, keeping, translating and serving orders."""
