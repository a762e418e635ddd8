"""Tests of the protocols, against real servers and the simulated Internet."""
