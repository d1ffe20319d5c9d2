"""Tests of the pages, the API and the upload endpoints."""
