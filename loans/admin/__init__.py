"""The back office of financing: the list with its forms, and what customers' pages say of it."""

from loans.admin import customer_desk, loan_admin

__all__ = ["customer_desk", "loan_admin"]
