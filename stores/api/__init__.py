"""The REST API's door to stores, the journal and the audit trail."""
