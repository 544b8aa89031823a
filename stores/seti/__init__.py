"""The wire to Stone Edge: the SETI protocol (form POST in, text or XML out). Knows no Django, no models."""
