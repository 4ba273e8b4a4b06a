"""Thin bridges to frameworks: one module each, over the framework-agnostic core."""
