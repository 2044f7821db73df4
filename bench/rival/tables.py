"""Its two tables, filled with our customers and financing: `python -m bench.rival.tables`, with `RIVAL_DATABASE_URL`."""

import os

from sqlalchemy import ForeignKey, MetaData, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine(os.environ["RIVAL_DATABASE_URL"])
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    metadata = MetaData()


class Customer(Base):
    __tablename__ = "rival_customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(200))
    monthly_income: Mapped[float | None]
    assets_value: Mapped[float | None]


class Loan(Base):
    __tablename__ = "rival_loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("rival_customers.id"), index=True)
    principal_amount: Mapped[float]
    tenor_months: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    credit_score: Mapped[int | None]
    default_probability: Mapped[float | None]
    segment: Mapped[str | None] = mapped_column(String(10))
    customer: Mapped[Customer] = relationship()


FILL = (
    "INSERT INTO rival_customers (id, full_name, monthly_income, assets_value) "
    "SELECT id, full_name, monthly_income / 100.0, assets_value / 100.0 FROM customers_customer",
    "INSERT INTO rival_loans (id, customer_id, principal_amount, tenor_months, status) "
    "SELECT id, customer_id, principal_amount / 100.0, tenor_months, status FROM loans_loan "
    "WHERE principal_amount IS NOT NULL AND tenor_months IS NOT NULL",
)
# SQLAlchemy writes nothing where nothing changed: without this it would be spared the UPDATE from the second round on.
FORGET = "UPDATE rival_loans SET credit_score = NULL, default_probability = NULL, segment = NULL"


def fill() -> None:
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for statement in FILL:
            connection.execute(text(statement))


def forget() -> None:
    with engine.begin() as connection:
        connection.execute(text(FORGET))


if __name__ == "__main__":
    fill()
