"""Soft phones (PJSIP): they register, call, answer, play files and record what they hear.

PJSIP lives in this thread alone: its events come while a test waits with `wait` or `live`. Its null sound device is the
beat of all phones: one file played to two of them is sent to both in the same moment.
"""

from __future__ import annotations

import contextlib
import gc
import re
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pjsua2 as pj

import centre
import sound
from centre import Agent
from ports import spare_port
from sound import Sound

T = TypeVar("T")

_endpoint: pj.Endpoint | None = None


def endpoint() -> pj.Endpoint:
    """The one PJSIP of this process: G.711 at 8 kHz, no echo canceller, no silence suppression."""
    global _endpoint
    if _endpoint is None:
        created = pj.Endpoint()
        created.libCreate()
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 0
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.maxCalls = 4  # more than four is not built into the PyPI package
        config.medConfig.clockRate = 8000
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        created.libInit(config)
        created.libStart()
        created.audDevManager().setNullDev()
        _endpoint = created
        speak("PCM")
    return _endpoint


def speak(name: str) -> None:
    """From now on all phones offer and answer only codecs whose names begin so; PJSIP has one list for all."""
    for codec in endpoint().codecEnum2():
        endpoint().codecSetPriority(codec.codecId, 200 if codec.codecId.startswith(name) else 0)


def wait(what: str, condition: Callable[[], T], seconds: float = 30) -> T:
    """Lives until a condition holds; fails when the time is over."""
    return centre.until(what, condition, seconds, _turn)


def heard(path: Path) -> Sound:
    """What a phone recorded, once PJSIP has closed the file, which it does on a later beat."""

    def closed() -> Sound | None:
        try:
            return sound.read(path)
        except (EOFError, OSError, wave.Error):
            return None

    return wait(f"{path.name} is written", closed)


def player(path: Path) -> pj.AudioMediaPlayer:
    """A file that plays for ever, to be transmitted to whom one likes."""
    endpoint()
    created = pj.AudioMediaPlayer()
    created.createPlayer(str(path), 0)
    return created


def live(seconds: float) -> None:
    """Lets people talk for a while: here time itself is what is awaited."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _turn()


def _turn() -> None:
    endpoint().libHandleEvents(10)


class Call(pj.Call):
    """One call of a phone: plays and records from the moment its media is up."""

    def __init__(self, phone: Phone, number: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, number)
        self.phone = phone
        self.media: pj.AudioMedia | None = None
        self.state = pj.PJSIP_INV_STATE_NULL
        self.status = 0
        # The keys that came from the other side.
        self.digits = ""
        self.ways: list[int] = []
        self._player: pj.AudioMediaPlayer | None = None
        self._recorder: pj.AudioMediaRecorder | None = None

    @property
    def is_up(self) -> bool:
        return self.state == pj.PJSIP_INV_STATE_CONFIRMED

    @property
    def is_over(self) -> bool:
        return self.state == pj.PJSIP_INV_STATE_DISCONNECTED

    def say(self, code: int) -> None:
        """Answers an incoming call: 180, 200, 486, 603."""
        answer = pj.CallOpParam()
        answer.statusCode = code
        self.answer(answer)

    def press(self, key: str, method: int) -> None:
        """Presses a key by one of PJSIP's methods: telephone-event or INFO."""
        param = pj.CallSendDtmfParam()
        param.method = method
        param.digits = key
        param.duration = 120
        self.sendDtmf(param)

    def hang_up(self) -> None:
        if not self.is_over and self.isActive():
            self.hangup(pj.CallOpParam())

    def play(self, path: Path, once: bool = False) -> None:
        """Plays a file, instead of what was played before."""
        assert self.media is not None, "no media yet"
        self.hush()
        self._player = pj.AudioMediaPlayer()
        self._player.createPlayer(str(path), pj.PJMEDIA_FILE_NO_LOOP if once else 0)
        self._player.startTransmit(self.media)

    def hush(self) -> None:
        if self._player is not None and self.media is not None:
            self._player.stopTransmit(self.media)
        self._player = None

    def record(self, path: Path) -> None:
        assert self.media is not None, "no media yet"
        self._recorder = pj.AudioMediaRecorder()
        self._recorder.createRecorder(str(path))
        self.media.startTransmit(self._recorder)

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        self.digits += prm.digit
        self.ways.append(int(prm.method))

    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:
        if self.phone.has_events:
            return
        lines = prm.sdp.wholeSdp.splitlines()
        kept = [line for line in lines if not line.startswith(("a=rtpmap:101", "a=fmtp:101", "a=rtpmap:120", "a=fmtp:120"))]
        media = [re.sub(r" (101|120)(?= |$)", "", line) if line.startswith("m=audio") else line for line in kept]
        prm.sdp.wholeSdp = "\r\n".join(media) + "\r\n"

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        self.state = info.state
        self.status = int(info.lastStatusCode)
        if self.is_over:
            # The files are complete once their ports are gone.
            self.media = self._player = self._recorder = None

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        # PJSIP's bindings free what nobody names: `info` must outlive its parts.
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO or media.status != pj.PJSUA_CALL_MEDIA_ACTIVE:
                continue
            fresh = self.media is None
            self.media = self.getAudioMedia(index)
            if fresh and self.phone.plays is not None:
                self.play(self.phone.plays)
            if fresh and self.phone.records is not None:
                self.record(self.phone.records)


class _Account(pj.Account):
    def __init__(self, phone: Phone) -> None:
        super().__init__()
        self.phone: Phone | None = phone

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        if self.phone is not None:
            self.phone.registration = int(prm.code)

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        if self.phone is None:
            return
        call = Call(self.phone, prm.callId)
        self.phone.calls.append(call)
        call.say(180)
        if self.phone.answers is not None:
            call.say(self.phone.answers)


class Phone:
    """A phone with a port of its own; give it an agent's credentials and it registers."""

    def __init__(self, server: int, agent: Agent | None = None, *, user: str = "4930555", tcp: bool = False, transport: str = "", srtp: int | None = None, port: int = 0) -> None:
        self.plays: Path | None = None
        self.records: Path | None = None
        # Whether it offers telephone-events.
        self.has_events = True
        # What incoming calls are answered with; None: they ring.
        self.answers: int | None = 200
        self.registration = 0
        self.calls: list[Call] = []
        self.server = server
        spoken = transport or ("tcp" if tcp else "udp")
        self.scheme = "" if spoken == "udp" else f";transport={spoken}"
        own = pj.TransportConfig()
        own.boundAddress = "127.0.0.1"
        own.port = port or spare_port()
        kind = {
            "udp": pj.PJSIP_TRANSPORT_UDP,
            "tcp": pj.PJSIP_TRANSPORT_TCP,
            "tls": pj.PJSIP_TRANSPORT_TLS,
        }[spoken]
        self._transport = endpoint().transportCreate(kind, own)
        config = pj.AccountConfig()
        config.idUri = f"sip:{agent.user if agent else user}@127.0.0.1"
        config.sipConfig.transportId = self._transport
        config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        config.mediaConfig.transportConfig.port = spare_port(2)
        config.natConfig.sdpNatRewriteUse = 0
        if srtp is not None:
            config.mediaConfig.srtpUse = srtp
            config.mediaConfig.srtpSecureSignaling = 0
        if agent is not None:
            config.regConfig.registrarUri = f"sip:127.0.0.1:{server}{self.scheme}"
            config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", agent.user, 0, agent.password))
        self.account = _Account(self)
        self.account.create(config)
        if agent is not None:
            wait(f"{agent.user} is registered", lambda: self.registration >= 200)
            assert self.registration == 200, f"REGISTER of {agent.user}: {self.registration}"

    def dial(self, number: str) -> Call:
        call = Call(self)
        self.calls.append(call)
        try:
            call.makeCall(f"sip:{number}@127.0.0.1:{self.server}{self.scheme}", pj.CallOpParam(True))
        except pj.Error as error:
            self.calls.remove(call)
            raise AssertionError(f"PJSIP cannot call: {error.info()}") from error
        return call

    def next_call(self, seconds: float = 15) -> Call:
        """Waits for a call that is not over, and gives it."""
        live_calls = lambda: [call for call in self.calls if not call.is_over]
        return wait("the phone is called", live_calls, seconds)[-1]

    def close(self) -> None:
        """Hangs up, unregisters, and is gone; a server that is gone itself is not waited for long."""
        for call in self.calls:
            call.hang_up()
        wait("the calls are over", lambda: all(call.is_over or not call.isActive() for call in self.calls))
        self.calls.clear()
        gc.collect()
        if self.account.getInfo().regIsActive:
            self.registration = 0
            self.account.setRegistration(False)
            with contextlib.suppress(AssertionError):
                wait("the phone is unregistered", lambda: self.registration != 0, 3)
        self.account.shutdown()
        # Freed now, not whenever: PJSIP gives its number to the next account, which would be deleted instead.
        self.account.phone = None
        del self.account
        endpoint().transportClose(self._transport)
