"""The REST API's door to shipments and to what statuses mean."""
