"""Lianfang (联防): the service by which a province keeps its schools safe in an epidemic."""
