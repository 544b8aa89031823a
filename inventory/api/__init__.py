"""The REST API's door to stock, products and customers."""
