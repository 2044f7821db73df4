"""How the demo bank decided: drawn like everything else, and mostly with the score."""

from dataclasses import dataclass

import numpy as np

from scoring.demo.draws import Bools, Ints, chance

AGAINST_THE_SCORE = 0.12  # of the high risks that were paid out; about 5% of all decisions
NOTES = (
    "Usaha berjalan baik, pembukuan sederhana tersedia.",
    "Sudah disurvei; agunan sesuai dengan yang dilaporkan.",
    "Nasabah lama, angsuran sebelumnya lancar.",
    "Penghasilan dibuktikan dengan slip gaji tiga bulan.",
    "Rasio angsuran perlu diperhatikan.",
)
RETURN_NOTES = ("Lengkapi foto agunan dan bukti kepemilikan.", "Mohon perbarui data penghasilan nasabah.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One number per financing: days from the application to the recommendation and from it to the decision, which words, and luck."""

    days_to_recommend: Ints
    days_to_decide: Ints
    word: Ints
    is_override: Bools
    is_returned: Bools


def draw_course(size: int, seed: int = 2026) -> Course:
    rng = np.random.default_rng([seed, 3])
    return Course(
        days_to_recommend=rng.integers(0, 4, size=size),
        days_to_decide=np.minimum(rng.geometric(0.35, size=size), 14),
        word=rng.integers(0, 60, size=size),  # a number that two to five words divide
        is_override=chance(rng, AGAINST_THE_SCORE, size),
        is_returned=chance(rng, 0.35, size),
    )
