"""Tests of the imaging room, on real files made by code."""
