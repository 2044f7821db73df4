"""Who works in the demo bank. Their password is public: production refuses to start while one of them can log in."""

from dataclasses import dataclass

DEMO_PASSWORD = "demo-bprs-2026"  # noqa: S105 public by design


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """`branch` is a branch code; without one they see every branch. `role` is a group; without one they are superuser."""

    username: str
    full_name: str
    role: str = ""
    branch: str = ""


DEMO_LOGINS = (
    DemoLogin(username="ao1", full_name="Neneng Komalasari", role="Account officer", branch="001"),
    DemoLogin(username="ao2", full_name="Asep Permana", role="Account officer", branch="001"),
    DemoLogin(username="ao3", full_name="Dimas Prasetyo", role="Account officer", branch="002"),
    DemoLogin(username="ao4", full_name="Mutia Chaniago", role="Account officer", branch="002"),
    DemoLogin(username="ao5", full_name="Ujang Sopandi", role="Account officer", branch="003"),
    DemoLogin(username="ao6", full_name="Euis Rohaeti", role="Account officer", branch="003"),
    DemoLogin(username="spv1", full_name="Hj. Ratna Wulandari", role="Supervisor", branch="001"),
    DemoLogin(username="spv2", full_name="Bambang Wibowo", role="Supervisor", branch="002"),
    DemoLogin(username="spv3", full_name="Tatang Sutisna", role="Supervisor", branch="003"),
    DemoLogin(username="dir1", full_name="H. Yusuf Rachman", role="Supervisor"),
    DemoLogin(username="risk1", full_name="Silvia Harahap", role="Risk staff"),
    DemoLogin(username="risk2", full_name="Arif Nasution", role="Risk staff"),
    DemoLogin(username="auditor", full_name="Fauzi Jaelani", role="Auditor"),
    DemoLogin(username="admin", full_name="Kantor Pusat"),
)
