"""Kamailio as a carrier, as a child process: a registrar and proxy that asks for a password, as providers run it."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
from pathlib import Path

from centre import until
from ports import spare_port

REALM = "carrier.test"
PASSWORD = "a password of the carrier"

CONFIG = """#!KAMAILIO
children=2
tcp_children=1
debug=1
log_stderror=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("auth", "qop", "auth")
modparam("registrar", "min_expires", 60)

request_route {{
    if (!mf_process_maxfwd_header("20")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    t_check_trans();
    if (is_method("OPTIONS") && $rU == $null) {{
        xlog("L_NOTICE", "asked for its health\\n");
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_auth_check("{realm}", "{password}", "0", "0")) {{
            xlog("L_NOTICE", "asks $tU for a password\\n");
            auth_challenge("{realm}", "1");
            exit;
        }}
        xlog("L_NOTICE", "registers $tU for $hdr(Expires) s\\n");
        save("location");
        exit;
    }}
    if ($rU =~ "^\\+") strip(1);
    # Calls to the outside cost money.
    if ($rU != "{trunk}") {{
        if (!pv_auth_check("{realm}", "{password}", "0", "0")) {{
            xlog("L_NOTICE", "asks $fU for a password\\n");
            proxy_challenge("{realm}", "1");
            exit;
        }}
        consume_credentials();
    }}
    if (!lookup("location")) {{
        sl_send_reply("404", "Not Found");
        exit;
    }}
    record_route();
    t_relay();
}}
"""


def why_not() -> str:
    """Why it cannot be used here; empty if it can."""
    return "" if shutil.which("kamailio") else "kamailio is missing (apt install kamailio)"


class Kamailio:
    """One carrier. `trunk` is the number of its customer: calls to it are free, all others need the password."""

    def __init__(self, folder: Path, trunk: str) -> None:
        self.port = spare_port()
        self.log = folder / "kamailio.log"
        config = folder / "kamailio.cfg"
        config.write_text(CONFIG.format(port=self.port, realm=REALM, password=PASSWORD, trunk=trunk))
        command = ["kamailio", "-f", str(config), "-Y", str(folder), "-DD", "-E", "-m", "32", "-M", "4"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until("kamailio answers", self._answers, 20)

    def said(self, what: str) -> int:
        """How often it said so."""
        return len(re.findall(what, self.log.read_text(errors="replace")))

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"kamailio did not start: {self.log.read_text(errors='replace')[-2000:]}")
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.3)
            asker.connect(("127.0.0.1", self.port))
            here = f"127.0.0.1:{asker.getsockname()[1]}"
            asker.send(
                f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK1\r\nFrom: <sip:a@{here}>;tag=1\r\n"
                f"To: <sip:127.0.0.1>\r\nCall-ID: {here}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return asker.recv(4096).startswith(b"SIP/2.0 200")
        return False
