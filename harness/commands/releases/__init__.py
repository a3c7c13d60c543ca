"""Releasing a run, taking a release back, and asking before deployment whether one stands."""
