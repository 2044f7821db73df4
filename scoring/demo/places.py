"""Where the demo bank is: its branches in West Java, where its customers live and where their NIKs were issued."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A regency or city by its code in the NIK, with its districts (kecamatan)."""

    code: str
    name: str
    postcode: str
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A branch, its share of the customers, and the regencies it serves."""

    code: str
    name: str
    city: str
    share: float
    places: tuple[Place, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.replace("_", " ") for name in text.split())


KOTA_BOGOR = Place(
    code="3271",
    name="Kota Bogor",
    postcode="161",
    districts=_names("Bogor_Selatan Bogor_Timur Bogor_Tengah Bogor_Barat Bogor_Utara Tanah_Sareal"),
)
KABUPATEN_BOGOR = Place(
    code="3201",
    name="Kabupaten Bogor",
    postcode="169",
    districts=_names(
        "Cibinong Gunung_Putri Citeureup Sukaraja Babakan_Madang Jonggol Cileungsi Ciomas Dramaga Leuwiliang"
    ),
)
DEPOK = Place(
    code="3276",
    name="Kota Depok",
    postcode="164",
    districts=_names("Pancoran_Mas Cimanggis Sawangan Limo Sukmajaya Beji Cipayung Cilodong Cinere Tapos Bojongsari"),
)
KOTA_SUKABUMI = Place(
    code="3272",
    name="Kota Sukabumi",
    postcode="431",
    districts=_names("Gunung_Puyuh Cikole Citamiang Warudoyong Baros Lembursitu Cibeureum"),
)
KABUPATEN_SUKABUMI = Place(
    code="3202",
    name="Kabupaten Sukabumi",
    postcode="433",
    districts=_names(
        "Palabuhanratu Cibadak Cicurug Cisaat Parungkuda Sukalarang Nagrak Jampang_Tengah Sukaraja Cidahu"
    ),
)
OFFICES = (
    Office(code="001", name="Kantor Pusat Bogor", city="Bogor", share=0.44, places=(KOTA_BOGOR, KABUPATEN_BOGOR)),
    Office(code="002", name="Cabang Depok", city="Depok", share=0.31, places=(DEPOK,)),
    Office(code="003", name="Cabang Sukabumi", city="Sukabumi", share=0.25, places=(KOTA_SUKABUMI, KABUPATEN_SUKABUMI)),
)
# Regencies people moved from; a NIK keeps the place it was issued in.
OLD_HOMES = _names(
    "1171 1271 1275 1371 1375 1671 1871 3171 3172 3173 3174 3175 3203 3204 3205 3206 3207 3216 3273 3275 3302 3310 "
    "3313 3322 3372 3374 3402 3404 3471 3508 3515 3526 3529 3578 3603 3671 3674 5171 6371 7371"
)
VILLAGES = _names(
    "Sukasari Sukamaju Sukamulya Mekarsari Mekarjaya Cibuluh Ciparigi Cikaret Pasirjaya Tegallega Babakan Kebonkopi "
    "Margajaya Cimahpar Kedunghalang Ciluar Tanahbaru Bantarjati Cipakem Curug Sindangsari Rancamaya Karyamekar "
    "Nanggeleng Tipar Selabatu Subangjaya Cisarua Sriwidari Warnasari Pasirputih Kalimulya Jatimulya Bojongsari"
)
STREETS = _names(
    "Merdeka Ahmad_Yani Sudirman Pajajaran Siliwangi Otto_Iskandardinata Veteran Suryakencana Pahlawan Kapten_Muslihat "
    "Raya_Tajur Raya_Ciawi Raya_Sawangan Margonda Juanda Kemakmuran Proklamasi Bhayangkara Pelabuhan_II R.A._Kosasih "
    "Cikiray Melati Mawar Kenanga Anggrek Cempaka Flamboyan Kamboja Dahlia Manggis Rambutan Kecapi Gang_Masjid Gang_Haji_Naim"
)
