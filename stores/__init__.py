"""Merchants, their stores, and both wires."""
