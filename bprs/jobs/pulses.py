"""Signs of life of the workers, on whichever machine."""

from datetime import datetime, timedelta

from bprs.jobs.models import WorkerPulse

SECONDS_BETWEEN_BEATS = 10
SECONDS_BELIEVED = 45
FORGOTTEN_AFTER = timedelta(days=1)


def beat(*, runner: str, at: datetime) -> None:
    """Say that this worker lives. One statement; the first of a worker also forgets those silent for a day."""
    if WorkerPulse.objects.filter(runner=runner).update(seen_at=at):
        return
    WorkerPulse.objects.filter(seen_at__lt=at - FORGOTTEN_AFTER).delete()
    WorkerPulse.objects.update_or_create(
        runner=runner, defaults={"seen_at": at}, create_defaults={"began_at": at, "seen_at": at}
    )


def end(*, runner: str) -> None:
    WorkerPulse.objects.filter(runner=runner).delete()


def living_workers(*, at: datetime) -> int:
    """How many said within `SECONDS_BELIEVED` that they live."""
    return WorkerPulse.objects.filter(seen_at__gt=at - timedelta(seconds=SECONDS_BELIEVED)).count()
