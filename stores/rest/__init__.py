"""What all doors of the REST API have in common: who calls, how errors look, how lists are cut, what may be sent twice."""
