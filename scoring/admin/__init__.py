"""The back office of scoring: the loan desk, runs and their scores, scorecards."""

from scoring.admin import authority, cards, decisions, home, loan_desk, overview, runs, shadows, simulations

__all__ = ["authority", "cards", "decisions", "home", "loan_desk", "overview", "runs", "shadows", "simulations"]
