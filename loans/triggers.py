"""
What keeps `Loan.is_stale` true: the database itself, through whatever door a fact or a score changes.

The facts as they are now are written the way `Loan.scored_facts` is, sen and months between bars, and compared with it.
It holds % for a fact that the score does not rest on, so that LIKE compares the others. A loan whose facts stay what they
are is as stale as it was, and is not compared.

A migration that has SQLite remake either table removes these triggers before, and installs them again after it.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_FACTS = (
    "{c}.monthly_income",
    "{c}.assets_value",
    "{l}.principal_amount",
    "{l}.tenor_months",
    "{l}.akad",
    "{l}.purpose",
)
_OF_LOAN = ("principal_amount", "tenor_months", "akad", "purpose", "customer_id", "scored_facts")
_OF_CUSTOMER = "monthly_income, assets_value"


def _now(*, customer: str, loan: str) -> str:
    facts = (f"COALESCE(CAST({fact} AS text), '')" for fact in _FACTS)
    return " || '|' || ".join(facts).format(c=customer, l=loan)


def _row(version: str) -> str:
    return "(" + ", ".join(f"{version}.{name}" for name in _OF_LOAN) + ")"


# Whoever scores one of the loans holds it, and whoever changed what they rest on waits for him here; and the other way round.
# All customers of a statement at once: planned anew each time, for one and forty thousand are not the same.
_POSTGRES_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION bprs_loan_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT {_now(customer="c", loan="NEW")} NOT LIKE NEW.scored_facts INTO NEW.is_stale
        FROM customers_customer c WHERE c.id = NEW.customer_id;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION bprs_loans_of_customers_are_stale() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM 1 FROM loans_loan l WHERE l.customer_id IN (
        SELECT c.id FROM customers_now c JOIN customers_before b USING (id)
        WHERE (c.monthly_income, c.assets_value) IS DISTINCT FROM (b.monthly_income, b.assets_value)
    ) ORDER BY l.id FOR UPDATE;
    IF FOUND THEN
        UPDATE loans_loan l SET is_stale = NOT l.is_stale FROM customers_now c
            WHERE l.customer_id = c.id AND l.scored_facts <> ''
            AND l.is_stale = ({_now(customer="c", loan="l")} LIKE l.scored_facts);
    END IF;
    RETURN NULL;
END $$;
"""  # noqa: S608 nothing here comes from outside
_POSTGRES = (
    f"""CREATE OR REPLACE TRIGGER loans_loan_is_stale BEFORE UPDATE OF {", ".join(_OF_LOAN)} ON loans_loan
    FOR EACH ROW WHEN (NEW.scored_facts <> '' AND {_row("OLD")} IS DISTINCT FROM {_row("NEW")})
    EXECUTE FUNCTION bprs_loan_is_stale()""",
    """CREATE OR REPLACE TRIGGER customers_customer_loans_stale AFTER UPDATE ON customers_customer
    REFERENCING OLD TABLE AS customers_before NEW TABLE AS customers_now
    FOR EACH STATEMENT EXECUTE FUNCTION bprs_loans_of_customers_are_stale()""",
)
_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS loans_loan_is_stale AFTER UPDATE OF {", ".join(_OF_LOAN)} ON loans_loan
    WHEN NEW.scored_facts <> '' AND {_row("OLD")} IS NOT {_row("NEW")} AND NEW.is_stale = (
        SELECT {_now(customer="c", loan="NEW")} LIKE NEW.scored_facts
        FROM customers_customer c WHERE c.id = NEW.customer_id
    ) BEGIN
        UPDATE loans_loan SET is_stale = NOT is_stale WHERE id = NEW.id;
    END""",  # noqa: S608 nothing here comes from outside
    f"""CREATE TRIGGER IF NOT EXISTS customers_customer_loans_stale AFTER UPDATE OF {_OF_CUSTOMER} ON customers_customer
    BEGIN
        UPDATE loans_loan SET is_stale = NOT is_stale WHERE customer_id = NEW.id AND scored_facts <> ''
            AND is_stale = ({_now(customer="NEW", loan="loans_loan")} LIKE scored_facts);
    END""",  # noqa: S608 nor here
)


def install(schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRES_FUNCTIONS, params=None)
    for statement in _POSTGRES if schema_editor.connection.vendor == "postgresql" else _SQLITE:
        schema_editor.execute(statement, params=None)


def remove(schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for trigger, table in (
        ("loans_loan_is_stale", "loans_loan"),
        ("customers_customer_loans_stale", "customers_customer"),
    ):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger}" + (f" ON {table}" if is_postgres else ""))
