"""
A bank in a process and on a database of its own. Run as `python -m tests.backup.bank <act>`:

`open` it with the demo portfolio, a scored file, an import and a seal; print its `content` as JSON, table by table and
row by row; let it `keep-scoring` until it is ended, a file and an import after the other, with a seal now and then.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 after setup
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.files.services import store_upload  # noqa: E402
from bprs.importing.models import ImportBatch  # noqa: E402
from bprs.importing.services import ImportOptions, check_batch, run_batch, upload_batch  # noqa: E402
from customers.models import Customer  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import Source  # noqa: E402
from scoring.services.score_file import score_stored_file  # noqa: E402
from scoring.services.score_loans import score_loans  # noqa: E402
from scoring.services.sealing import seal_new  # noqa: E402
from tests.importing.batches import HEADERS, application, csv_of  # noqa: E402

NIK = "3174012003900001"


def main(act: str) -> None:
    {"open": open_bank, "content": print_content, "keep-scoring": keep_scoring}[act]()


def open_bank() -> None:
    call_command("demo", customers=60, loans=100, stdout=sys.stderr)
    officer = User.objects.get(username="ao1")
    score_file(officer, 1)
    import_file(officer, 1)
    customer = Customer.objects.order_by("pk").first()
    assert customer is not None
    customer.nik = NIK
    customer.save()
    seal_new(at=timezone.now())


def keep_scoring() -> None:
    officer, number = User.objects.get(username="ao1"), 1
    while True:
        number += 1
        score_file(officer, number)
        import_file(officer, number)
        loans = Loan.objects.filter(customer__branch__in=officer.branches.all())
        score_loans(loans=loans, scored_by=officer, scored_at=timezone.now(), source=Source.COMMAND)
        if number % 3 == 0:
            seal_new(at=timezone.now())
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def score_file(officer: User, number: int) -> None:
    rows = [f"{5_000_000 + n};20000000;{10_000_000 + number};{n % 61}" for n in range(200)]
    content = "\n".join(["monthly_income;assets_value;loan_amount;tenor_months", *rows]).encode()
    upload = SimpleUploadedFile(f"{number}.csv", content)
    stored = store_upload(upload=upload, owner=officer, stored_at=timezone.now())
    score_stored_file(stored_file=stored, scored_by=officer, scored_at=timezone.now(), source=Source.API)


def import_file(officer: User, number: int) -> ImportBatch:
    rows = [application(number * 1000 + n, tenor_months="x" if n == 7 else 12) for n in range(20)]
    batch = upload_batch(
        upload=SimpleUploadedFile("portofolio.csv", csv_of(HEADERS, rows)),
        owner=officer,
        options=ImportOptions(kind="applications", branch=officer.branches.get(), is_scored=True),
        uploaded_at=timezone.now(),
    )
    checked = check_batch(batch=batch, checked_at=timezone.now())
    return run_batch(batch=checked, run_by=officer, run_at=timezone.now())


def print_content() -> None:
    customer = Customer.objects.order_by("pk").first()
    said = {"nik": customer.nik if customer else "", "tables": content()}
    sys.stdout.write(json.dumps(said))


def content() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        return {name: _rows(cursor, name) for name in connection.introspection.table_names(cursor)}


def _rows(cursor: Any, table: str) -> list[str]:
    cursor.execute(f'SELECT * FROM "{table}"')
    plain: Callable[[Any], Any] = lambda value: bytes(value) if isinstance(value, memoryview) else value  # noqa: E731
    return sorted(repr([plain(value) for value in row]) for row in cursor.fetchall())


if __name__ == "__main__":
    main(sys.argv[1])
