"""Digits beyond the test set: corruptions of MNIST's digits, digits of another source, and the scores on both."""
