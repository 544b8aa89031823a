"""What a merchant gives us to reach a store, and how long we wait for it."""

from dataclasses import dataclass, field

DIGESTS = ("sha256", "sha1", "none")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One store's address and keys (Miva reference §1, §2). Its repr shows no secret.

    `endpoint` is the full URL of json.mvc; `digest` is sha256, sha1 or none; `timestamp` adds
    Miva_Request_Timestamp; the basic pair is for a password wall of the web server; `passphrase` unlocks
    encrypted payment data. Raises ValueError for an unknown digest.
    """

    endpoint: str
    store_code: str
    token: str = field(repr=False)
    signing_key: str = field(default="", repr=False)
    digest: str = "sha256"
    timestamp: bool = True
    basic_user: str = field(default="", repr=False)
    basic_password: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.digest not in DIGESTS:
            raise ValueError(f"Digest {self.digest!r} is not one of {', '.join(DIGESTS)}.")

    def secrets(self) -> tuple[str, ...]:
        """The texts that must never reach a journal, longest first. Short ones would tear words apart."""
        every = {self.token, self.signing_key, self.basic_password, self.passphrase}
        return tuple(sorted((secret for secret in every if len(secret) >= 6), key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for the whole call.

    `batch` is the time that Miva itself may spend on one request (header X-Miva-API-Timeout; Miva's
    default is 60). It is shorter than `read`: else the answer that says how far Miva came never arrives."""

    connect: float = 5
    read: float = 30
    total: float = 60
    batch: int = 20
