"""The one table of columns: what each is called, and how its cells are read."""

from collections.abc import Mapping

from bprs.spreadsheets.column_spec import EXAMPLE_NAMES, ColumnSpec, Language, fold, folded_alternatives

__all__ = ["COLUMNS", "SCORING_COLUMNS", "Language", "field_of"]

RUPIAH = ("rp", "idr", "rupiah")
PER_MONTH = (*RUPIAH, "bulan", "per bulan", "bln", "rp/bulan", "rp per bulan", "month", "per month", "monthly")
MONTHS = ("bulan", "bln", "month", "months", "dalam bulan", "in months")
DAYS = ("hari", "day", "days", "dalam hari")
DATE_FORMATS = ("dd/mm/yyyy", "dd-mm-yyyy", "yyyy-mm-dd", "hh/bb/tttt", "tttt-bb-hh", "tgl/bln/thn")
IDENTITY = ("16 digit", "16 angka", "ktp", "cif")

AKAD = {
    "murabahah": ("murabaha", "jual beli"),
    "musyarakah": ("musharakah", "musyaraka"),
    "mudharabah": ("mudarabah", "mudharaba"),
    "ijarah": ("ijara", "sewa"),
    "istishna": ("istishna'", "istisna"),
    "multijasa": ("multi jasa", "ijarah multijasa"),
    "qardh": ("qard", "qardhul hasan", "qard al hasan"),
}
PURPOSE = {
    "working_capital": ("modal kerja", "modal usaha"),
    "investment": ("investasi",),
    "consumption": ("konsumsi", "konsumtif", "consumer"),
}
STATUS = {
    "draft": ("konsep",),
    "submitted": ("diajukan", "pengajuan"),
    "recommended": ("direkomendasikan", "diusulkan"),
    "returned": ("dikembalikan",),
    "approved": ("disetujui", "setuju"),
    "rejected": ("ditolak", "tolak"),
    "disbursed": ("dicairkan", "cair", "aktif"),
    "settled": ("lunas", "paid off"),
    "written_off": ("hapus buku", "dihapusbukukan", "write off"),
}


def _first_aliases(choices: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: aliases[0] for word, aliases in choices.items()}


COLLECTIBILITY = {
    "1": ("kol 1", "lancar", "1 lancar", "current", "1 current"),
    "2": ("kol 2", "dpk", "dalam perhatian khusus", "2 dalam perhatian khusus", "special mention", "2 special mention"),
    "3": ("kol 3", "kurang lancar", "3 kurang lancar", "substandard", "3 substandard"),
    "4": ("kol 4", "diragukan", "4 diragukan", "doubtful", "4 doubtful"),
    "5": ("kol 5", "macet", "5 macet", "loss", "5 loss"),
}

_SPECS = (
    ColumnSpec(
        name="monthly_income",
        kind="money",
        aliases=(
            "penghasilan",
            "penghasilan bulanan",
            "penghasilan per bulan",
            "pendapatan",
            "pendapatan bulanan",
            "pendapatan per bulan",
            "gaji",
            "income",
        ),
        units=PER_MONTH,
        title_id="Penghasilan bulanan (Rp)",
        title_en="Monthly income (Rp)",
        minimum=0,
        example=5_000_000,
    ),
    ColumnSpec(
        name="assets_value",
        kind="money",
        aliases=("aset", "assets", "nilai aset", "total aset", "total assets", "aktiva"),
        units=RUPIAH,
        title_id="Nilai aset (Rp)",
        title_en="Assets value (Rp)",
        minimum=0,
        example=20_000_000,
    ),
    ColumnSpec(
        name="loan_amount",
        kind="money",
        aliases=(
            "plafond",
            "plafon",
            "pembiayaan",
            "jumlah pembiayaan",
            "plafon pembiayaan",
            "nilai pembiayaan",
            "pokok",
            "pokok pembiayaan",
            "principal_amount",
            "principal",
            "amount",
            "financing amount",
        ),
        units=RUPIAH,
        title_id="Plafon pembiayaan (Rp)",
        title_en="Loan amount (Rp)",
        minimum=0,
        is_positive=True,
        example=10_000_000,
    ),
    ColumnSpec(
        name="tenor_months",
        kind="whole",
        aliases=("tenor", "jangka waktu", "jangka waktu (bulan)", "tenor bulan", "lama bulan"),
        units=MONTHS,
        title_id="Jangka waktu (bulan)",
        title_en="Tenor (months)",
        minimum=1,
        maximum=360,
        example=12,
    ),
    ColumnSpec(
        name="nik",
        kind="nik",
        aliases=("no ktp", "nomor ktp", "no nik", "nomor nik", "no. ktp/nik", "nomor induk kependudukan", "ktp"),
        units=IDENTITY,
        title_id="NIK",
        title_en="NIK",
        example="3273014501900001",
    ),
    ColumnSpec(
        name="full_name",
        kind="name",
        aliases=("nama", "nama nasabah", "nama lengkap", "nama pemohon", "name", "customer name"),
        title_id="Nama nasabah",
        title_en="Full name",
        example=EXAMPLE_NAMES["en"],
        max_length=200,
    ),
    ColumnSpec(
        name="customer_number",
        kind="identifier",
        aliases=("cif", "no cif", "nomor cif", "no nasabah", "nomor nasabah", "customer no", "customer id"),
        units=IDENTITY,
        title_id="Nomor nasabah (CIF)",
        title_en="Customer number (CIF)",
        max_length=30,
        example="CIF-0001",
    ),
    ColumnSpec(
        name="loan_number",
        kind="identifier",
        aliases=(
            "no rekening",
            "nomor rekening",
            "no pembiayaan",
            "nomor pembiayaan",
            "no rek",
            "loan no",
            "account number",
        ),
        title_id="Nomor pembiayaan",
        title_en="Loan number",
        max_length=30,
        example="PB-0001",
    ),
    ColumnSpec(
        name="phone",
        kind="identifier",
        aliases=(
            "telepon",
            "no telepon",
            "nomor telepon",
            "no telp",
            "telp",
            "hp",
            "no hp",
            "nomor hp",
            "no handphone",
            "phone number",
            "mobile",
        ),
        title_id="Nomor telepon",
        title_en="Phone",
        max_length=30,
        example="081234567890",
    ),
    ColumnSpec(
        name="address",
        kind="text",
        aliases=("alamat", "alamat lengkap", "alamat rumah"),
        title_id="Alamat",
        title_en="Address",
        example="Jl. Merdeka 1, Bandung",
    ),
    ColumnSpec(
        name="birth_date",
        kind="date",
        aliases=("tanggal lahir", "tgl lahir", "date of birth", "dob"),
        units=DATE_FORMATS,
        title_id="Tanggal lahir",
        title_en="Birth date",
        example="1990-01-05",
    ),
    ColumnSpec(
        name="branch",
        kind="identifier",
        aliases=("cabang", "kode cabang", "kantor cabang", "branch code"),
        title_id="Kode cabang",
        title_en="Branch",
        max_length=100,
        example="001",
    ),
    ColumnSpec(
        name="akad",
        kind="choice",
        aliases=("jenis akad", "skema", "contract", "contract type"),
        title_id="Akad",
        title_en="Akad",
        choices=AKAD,
        example="murabahah",
    ),
    ColumnSpec(
        name="purpose",
        kind="choice",
        aliases=("tujuan", "tujuan pembiayaan", "penggunaan", "jenis penggunaan"),
        title_id="Tujuan pembiayaan",
        title_en="Purpose",
        choices=PURPOSE,
        words_id=_first_aliases(PURPOSE),
        example="working_capital",
    ),
    ColumnSpec(
        name="status",
        kind="choice",
        aliases=("status pembiayaan", "status pengajuan"),
        title_id="Status",
        title_en="Status",
        choices=STATUS,
        words_id=_first_aliases(STATUS),
        example="submitted",
    ),
    ColumnSpec(
        name="application_date",
        kind="date",
        aliases=("tanggal pengajuan", "tgl pengajuan", "tanggal permohonan", "date of application"),
        units=DATE_FORMATS,
        title_id="Tanggal pengajuan",
        title_en="Application date",
        example="2026-01-31",
    ),
    ColumnSpec(
        name="disbursed_date",
        kind="date",
        aliases=("tanggal pencairan", "tgl pencairan", "tanggal cair", "tanggal realisasi", "disbursement date"),
        units=DATE_FORMATS,
        title_id="Tanggal pencairan",
        title_en="Disbursed date",
        example="2026-02-15",
    ),
    ColumnSpec(
        name="collectibility",
        kind="choice",
        aliases=("kolektibilitas", "kol", "kolektabilitas", "kualitas pembiayaan"),
        title_id="Kolektibilitas",
        title_en="Collectibility",
        choices=COLLECTIBILITY,
        example="1",
    ),
    ColumnSpec(
        name="days_past_due",
        kind="whole",
        aliases=("hari tunggakan", "jumlah hari tunggakan", "umur tunggakan", "dpd"),
        units=DAYS,
        title_id="Hari tunggakan",
        title_en="Days past due",
        minimum=0,
        maximum=36_500,
        example=0,
    ),
)

COLUMNS: dict[str, ColumnSpec] = {spec.name: spec for spec in _SPECS}
SCORING_COLUMNS = ("monthly_income", "assets_value", "loan_amount", "tenor_months")

_FIELD_BY_FOLDED = {fold(name): spec.name for spec in _SPECS for name in spec.names}


def field_of(header: str) -> str | None:
    """The canonical name a header stands for, by the table of aliases."""
    for key, units in folded_alternatives(header):
        name = _FIELD_BY_FOLDED.get(key)
        if name and units <= COLUMNS[name].folded_units:
            return name
    return None
