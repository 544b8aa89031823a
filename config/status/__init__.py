"""The merchants' pages: how their stores stand, and the public page about the platform."""
