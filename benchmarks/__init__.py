"""Measurements that anybody can repeat. Nothing here is imported by the product."""
