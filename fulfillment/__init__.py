"""Shipments, tracking and order status on their way back to Miva."""
