"""Engines that run models, and the batching that stands once above all of them."""
