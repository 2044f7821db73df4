"""The demo bank: the same seed, sizes and day always make the same one."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.demo.financings import DemoLoans, draw_loans
from scoring.demo.people import DemoCustomers, draw_customers

SEED = 2026
CUSTOMERS = 2_000
LOANS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBank:
    """Customers and their financing as columns."""

    customers: DemoCustomers
    loans: DemoLoans


def make_demo_bank(*, today: date, seed: int = SEED, customers: int = CUSTOMERS, loans: int = LOANS) -> DemoBank:
    """
    Make the customers and the three years of financing that end on `today`.

    :raises ValueError: if there are loans but nobody to owe them
    """
    if loans and not customers:
        raise ValueError("Loans need customers.")
    people = draw_customers(np.random.default_rng([seed, 1]), size=customers, today=today)
    financing = draw_loans(np.random.default_rng([seed, 2]), customers=people, size=loans, today=today)
    return DemoBank(customers=people, loans=financing)
