"""Where a webhook may go, address by address."""

import pytest

from bprs.webhooks.addresses import UrlRefused, check_url, is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "203.0.114.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.1.1"),
    *("100.64.0.0", "100.127.255.255"),  # carriers
    *("127.0.0.1", "127.255.255.254"),
    *("169.254.0.1", "169.254.169.254"),  # link, and the metadata of clouds
    *("192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8"),
    *("2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::1"),
    *("2001::1", "2001:0:808:808::1", "2001:20::1", "2001:db8::1", "3fff::1"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "5f00::1"),
]
SECURE = "https://core.bank.example"


class TestAddresses:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_of_the_internet_are_public(self, address):
        assert is_public(address)

    @pytest.mark.parametrize("address", NOT_PUBLIC)
    def test_of_anything_else_are_not(self, address):
        assert not is_public(address)


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            SECURE,
            f"{SECURE}/hooks?tenant=1",
            f"{SECURE}:443/",
            f"{SECURE}:1024/",
            f"{SECURE}:65535/",
            "https://8.8.8.8/x",
            "https://[2606:4700:4700::1111]/x",
        ],
    )
    def test_over_https_are_taken(self, url):
        assert check_url(url, allow_private=False).scheme == "https"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "hooks",
            "http://core.bank.example/",
            "ftp://core.bank.example/",
            "file:///etc/passwd",
            "https://",
            "https:///hooks",
            "https://user@core.bank.example/",
            "https://user:secret@core.bank.example/",
            "https://@core.bank.example/",
            f"{SECURE}/#part",
            f"{SECURE}:0/",
            f"{SECURE}:22/",
            f"{SECURE}:442/",
            f"{SECURE}:444/",
            f"{SECURE}:1023/",
            f"{SECURE}:65536/",
            f"{SECURE}:https/",
            f"{SECURE}/a b",
            f"{SECURE}/a\tb",
            f"{SECURE}/a\r\nHost: x",
            f"{SECURE}\\@10.0.0.1/",
            "https://bänk.example/",
            "https://[::1/",
            f"{SECURE}/{'x' * 500}",
            "https://127.0.0.1/",
            "https://10.0.0.1:8443/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://localhost:8443/",
            "https://localhost./",
        ],
    )
    def test_of_any_other_kind_are_refused(self, url):
        with pytest.raises(UrlRefused) as refused:
            check_url(url, allow_private=False)

        assert list(refused.value.fields) == ["url"]

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost/", "https://10.0.0.1/"])
    def test_of_this_network_are_taken_while_things_are_tried_out(self, url):
        assert check_url(url, allow_private=True)

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://a:b@127.0.0.1:8080/", "http://127.0.0.1:22/"])
    def test_are_no_freer_than_that_even_then(self, url):
        with pytest.raises(UrlRefused):
            check_url(url, allow_private=True)

    def test_may_have_500_letters(self):
        url = f"{SECURE}/".ljust(500, "x")

        assert check_url(url, allow_private=False)
        with pytest.raises(UrlRefused):
            check_url(url + "x", allow_private=False)
