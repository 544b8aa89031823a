"""Quantity on hand on its way to Miva; products and customers on their way to Stone Edge."""
