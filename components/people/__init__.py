"""Accounts on screen: forms, access, devices."""
