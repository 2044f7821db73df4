"""One POST, and whatever may come of it."""

import json
import socket
import ssl
import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bprs.webhooks.sending import Answer, Fault, Sender
from tests.webhooks.receiver import receiving, reply

HOST = "core.bank.example"  # a name that nobody resolves: whoever is reached was told where by the test
MOMENT = 0.3  # seconds that a sender of these tests waits for what never comes


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Its file, and that of its key, for one name."""
    return _made_for(HOST, tmp_path_factory.mktemp("tls"))


class Names:
    """Resolves any name to what it is told, one answer after the other; counts how often it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def __call__(self, _host, _port):
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def here(**choices):
    return Sender(**{"allow_private": True, **choices})


def post(sender, url, body=b"{}", **headers):
    return sender.post(url, body=body, headers={"Content-Type": "application/json", **headers})


class TestWhatIsAnswered:
    @pytest.mark.parametrize(
        ("status", "is_success"),
        [(200, True), (204, True), (299, True), (300, False), (304, False), (400, False), (410, False), (500, False)],
    )
    def test_is_a_success_from_200_to_299(self, receiver, status, is_success):
        receiver.answer = lambda handler: reply(handler, status)

        answer = post(here(), receiver.url)

        assert (answer.status, answer.is_success) == (status, is_success)

    def test_is_kept_up_to_a_kilobyte_and_without_what_no_database_takes(self, receiver):
        receiver.answer = lambda handler: reply(handler, 500, b"no\x00 \xff" + b"x" * 5000)

        answer = post(here(), receiver.url)

        assert answer.detail == "no \ufffd" + "x" * 1019

    def test_counts_though_the_rest_of_it_never_comes(self, receiver):
        def half(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthanks")
            receiver.over.wait()

        receiver.answer = half

        assert post(here(seconds=MOMENT), receiver.url).is_success

    def test_comes_to_what_was_sent(self, receiver):
        post(here(), receiver.url, b'{"a":1}', **{"webhook-id": "msg_1"})

        ((headers, body),) = receiver.got
        assert json.loads(body) == {"a": 1}
        assert headers["webhook-id"] == "msg_1"
        assert headers["host"] == f"127.0.0.1:{receiver.port}"


class TestReceiversThatDoNotAnswer:
    def test_have_some_seconds(self, receiver):
        receiver.answer = lambda _handler: receiver.over.wait()

        assert post(here(seconds=MOMENT), receiver.url) == Answer(fault=Fault.TIMEOUT)

    def test_win_no_time_by_dripping(self, receiver):
        def drip(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not receiver.over.wait(MOMENT / 10):
                handler.wfile.write(b"X-Drip: x\r\n")

        receiver.answer = drip

        assert post(here(seconds=MOMENT), receiver.url) == Answer(fault=Fault.TIMEOUT)

    def test_or_hang_up_are_written_down(self, receiver):
        def reset(handler):
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()

        receiver.answer = reset

        assert post(here(), receiver.url) == Answer(fault=Fault.BROKEN)

    def test_or_are_not_there_are_written_down(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/"

            assert post(here(), url) == Answer(fault=Fault.BROKEN)

    def test_or_do_not_speak_http_are_written_down(self, receiver):
        receiver.answer = lambda handler: handler.wfile.write(b"220 mail.bank.example ESMTP\r\n")

        assert post(here(), receiver.url) == Answer(fault=Fault.BROKEN)

    def test_or_are_known_to_nobody_are_written_down(self):
        def unknown(_host, _port):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        assert post(Sender(resolve=unknown), f"https://{HOST}/") == Answer(fault=Fault.UNKNOWN_HOST)


class TestAddresses:
    @pytest.mark.parametrize(
        ("found", "refused"),
        [
            (["127.0.0.1"], "127.0.0.1"),
            (["8.8.8.8", "10.0.0.1"], "10.0.0.1"),
            (["::ffff:169.254.169.254"], "::ffff:169.254.169.254"),
        ],
        ids=["private", "one of them private", "private within another"],
    )
    def test_that_are_not_public_get_nothing(self, found, refused):
        with receiving() as receiver:
            answer = post(Sender(resolve=Names(found)), f"https://{HOST}:{receiver.port}/")

            assert answer == Answer(fault=Fault.NOT_PUBLIC, detail=refused)
            assert not receiver.got

    def test_are_looked_up_once_so_that_the_one_judged_is_the_one_reached(self, receiver):
        names = Names(["127.0.0.1"], ["8.8.8.8"])

        answer = post(here(resolve=names), f"http://{HOST}:{receiver.port}/hooks")

        assert answer.is_success
        assert names.asked == 1
        assert receiver.got[0][0]["host"] == f"{HOST}:{receiver.port}"

    def test_are_tried_one_after_the_other(self, receiver):
        answer = post(here(resolve=Names(["::1", "127.0.0.1"])), f"http://{HOST}:{receiver.port}/")

        assert answer.is_success

    def test_of_a_redirect_are_not_gone_to(self, receiver):
        with receiving() as inside:
            receiver.answer = lambda handler: reply(handler, 307, Location=inside.url)

            answer = post(here(), receiver.url)

            assert (answer.status, answer.is_success) == (307, False)
            assert not inside.got

    def test_of_a_proxy_in_the_environment_are_ignored(self, receiver, monkeypatch):
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")

        assert post(here(), receiver.url).is_success

    @pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://10.0.0.1/", "https://a:b@8.8.8.8/"])
    def test_are_judged_again_however_they_came_into_the_database(self, url):
        names = Names(["127.0.0.1"])

        answer = post(Sender(resolve=names), url)

        assert (answer.fault, names.asked) == (Fault.URL, 0)
        assert answer.detail


class TestTls:
    @pytest.fixture
    def secure(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with receiving(context) as receiver:
            yield receiver

    def send(self, receiver, host, trusted):
        tls = ssl.create_default_context(cafile=trusted)
        return post(here(resolve=Names(["127.0.0.1"]), tls=tls), f"https://{host}:{receiver.port}/hooks")

    def test_is_checked_against_the_name_in_the_address(self, secure, certificate):
        assert self.send(secure, HOST, certificate[0]).is_success
        assert self.send(secure, "other.bank.example", certificate[0]) == Answer(fault=Fault.TLS)
        assert len(secure.got) == 1

    def test_is_refused_from_whom_nobody_trusts(self, secure):
        assert self.send(secure, HOST, None) == Answer(fault=Fault.TLS)
        assert not secure.got


def _made_for(host, folder):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files
