"""The back office of scoring: the loan desk, runs and their scores, scorecards."""

from scoring.admin import cards, home, loan_desk, runs, shadows, simulations

__all__ = ["cards", "home", "loan_desk", "runs", "shadows", "simulations"]
