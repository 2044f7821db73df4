"""
The customer's letter: what was decided and why, as they may read it.

A letter is Indonesian whatever the language of the screen, so it is written here and not translated. It knows the
decision, the terms and what the customer is told, and nothing else: no score, no note, no name of who decided.
"""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bprs.display import rupiah
from bprs.errors import DomainError
from loans.models import Akad, Loan
from scoring.models import Decision
from scoring.paper.bank import letterhead
from scoring.paper.blocks import Block, Facts, Listing, Paper, Prose, Row, Signatures
from scoring.paper.identity import as_decided

TOLD_OF = (Decision.Outcome.APPROVED, Decision.Outcome.REJECTED)
MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
SUBJECTS = {
    Decision.Outcome.APPROVED: "Pemberitahuan persetujuan permohonan pembiayaan",
    Decision.Outcome.REJECTED: "Pemberitahuan hasil permohonan pembiayaan",
}
# What the parties still have to agree on, by akad; only sales have a margin.
SETTLED_IN_THE_AKAD = {
    Akad.MURABAHAH: "harga jual, margin dan jadwal angsuran",
    Akad.ISTISHNA: "harga jual, margin dan jadwal angsuran",
    Akad.MUSYARAKAH: "nisbah bagi hasil dan jadwal pembayaran",
    Akad.MUDHARABAH: "nisbah bagi hasil dan jadwal pembayaran",
    Akad.IJARAH: "ujrah dan jadwal pembayaran",
    Akad.MULTIJASA: "ujrah dan jadwal pembayaran",
    Akad.QARDH: "jadwal pengembalian",
}


class NothingToTell(DomainError):
    code = "nothing_to_tell"
    status = 409


def letter_of(loan: Loan, *, printed_at: datetime) -> Paper:
    """
    Tell the customer what was decided. Two queries for a loan that comes with its customer and branch.

    :raises NothingToTell: while nothing is decided, and where it was decided elsewhere
    """
    decision = loan.decisions.filter(outcome__in=TOLD_OF).select_related("score").first()
    if decision is None:
        raise NothingToTell(_("Nothing was approved or rejected here, so there is nothing to tell the customer yet."))
    return customer_letter(as_decided(loan, decision), decision, printed_at=printed_at)


def customer_letter(loan: Loan, decision: Decision, *, printed_at: datetime) -> Paper:
    """The letter of a decision that was made, dated on its day however late it is printed."""
    with translation.override("id"):
        number = letter_number(loan, decision)
        told = _approved if decision.outcome == Decision.Outcome.APPROVED else _rejected
        return Paper(
            name=f"surat-{loan.loan_number}",
            language="id",
            is_letter=True,
            letterhead=letterhead(loan.customer.branch),
            title=SUBJECTS[Decision.Outcome(decision.outcome)],
            blocks=(*_opening(loan, decision, number), *told(loan, decision), *_closing(loan)),
            foot=f"Surat nomor {number}",
            page="Halaman %(number)d dari %(count)d",
            made_at=printed_at,
        )


def letter_number(loan: Loan, decision: Decision) -> str:
    """No two decisions share one: 000012/SP/001/XI/2026."""
    day = _day(decision)
    return f"{decision.pk:06d}/SP/{loan.customer.branch.code}/{MONTHS[day.month - 1]}/{day.year}"


def _day(decision: Decision) -> datetime:
    return localtime(cast("datetime", decision.decided_at))


def _opening(loan: Loan, decision: Decision, number: str) -> list[Block]:
    customer, branch = loan.customer, loan.customer.branch
    rows = (
        Row(label="Nomor", value=number),
        Row(label="Tanggal", value=f"{branch.city or branch.name}, {date_format(_day(decision), 'j F Y')}"),
        Row(label="Perihal", value=SUBJECTS[Decision.Outcome(decision.outcome)]),
    )
    addressee = ["Kepada Yth.", f"Bapak/Ibu {customer.full_name}", customer.address or "di tempat"]
    asked = (
        f"Terima kasih atas kepercayaan Bapak/Ibu mengajukan permohonan pembiayaan kepada {settings.BANK_NAME}. "
        f"Permohonan nomor {loan.loan_number} tanggal {date_format(loan.application_date, 'j F Y')} "
        f"telah kami pelajari dengan saksama."
    )
    return [
        Facts(title="", rows=rows),
        Prose(text="\n".join(addressee)),
        Prose(text="Assalamu'alaikum warahmatullahi wabarakatuh,"),
        Prose(text=asked),
    ]


def _terms(loan: Loan, decision: Decision) -> Facts:
    """As they were decided on."""
    rows = (
        Row(label="Jumlah pembiayaan", value=rupiah(decision.amount)),
        Row(label="Jangka waktu", value=f"{decision.score.facts['tenor_months']} bulan"),
        Row(label="Akad", value=loan.get_akad_display()),
        Row(label="Tujuan", value=loan.get_purpose_display()),
    )
    return Facts(title="", rows=rows)


def _approved(loan: Loan, decision: Decision) -> list[Block]:
    settled = SETTLED_IN_THE_AKAD[Akad(loan.akad)]
    return [
        Prose(
            text="Dengan senang hati kami sampaikan bahwa permohonan tersebut kami setujui dengan ketentuan berikut:"
        ),
        _terms(loan, decision),
        Prose(
            text=f"Surat ini memberitahukan persetujuan dan belum merupakan akad. Hal-hal lain, antara lain {settled}, "
            "disepakati dalam akad, dan pencairan dilakukan setelah akad ditandatangani dan persyaratannya dipenuhi."
        ),
        Prose(
            text=f"Silakan menghubungi {_where(loan)} untuk mengatur waktu penandatanganan akad, "
            "dengan membawa surat ini dan kartu identitas asli."
        ),
    ]


def _rejected(loan: Loan, decision: Decision) -> list[Block]:
    reasons = tuple(each["text"] for each in decision.customer_reasons)
    return [
        _terms(loan, decision),
        Prose(
            text="Dengan menyesal kami sampaikan bahwa permohonan tersebut belum dapat kami setujui. "
            "Yang menjadi pertimbangan kami:"
        ),
        Listing(title="", items=reasons, is_numbered=True),
        Prose(
            text="Pertimbangan ini bertumpu pada data yang kami terima untuk permohonan tersebut, dan keputusannya "
            "diambil oleh pejabat bank yang berwenang, bukan oleh sistem semata. Bapak/Ibu dapat mengajukan "
            "permohonan baru apabila keadaannya berubah. Setiap permohonan kami nilai kembali secara keseluruhan, "
            "sehingga perubahan pada hal-hal di atas belum menjamin persetujuan."
        ),
        Prose(
            text="Apabila ada data yang tidak sesuai, atau Bapak/Ibu berkeberatan atas keputusan ini, silakan meminta "
            f"peninjauan kembali secara tertulis kepada {_where(loan)} dengan menyebutkan nomor surat ini."
        ),
    ]


def _closing(loan: Loan) -> list[Block]:
    return [
        Prose(text="Demikian kami sampaikan. Atas perhatian Bapak/Ibu kami ucapkan terima kasih."),
        Prose(text="Wassalamu'alaikum warahmatullahi wabarakatuh."),
        Prose(text=f"Hormat kami,\n{settings.BANK_NAME}\n{loan.customer.branch.name}"),
        Signatures(places=(("", "Nama dan jabatan"),)),
    ]


def _where(loan: Loan) -> str:
    contact = f" ({settings.BANK_CONTACT})" if settings.BANK_CONTACT else ""
    return f"{loan.customer.branch.name}{contact}"
