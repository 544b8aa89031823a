"""Tests stay on this machine."""

import socket

import pytest


def test_another_machine_cannot_be_reached():
    with socket.socket() as wire, pytest.raises(AssertionError, match="tests stay on this machine"):
        wire.connect(("192.0.2.1", 80))


def test_loopback_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
