"""A NEAR client of a few lines: what a program that signs often does (borsh, ed25519 by libsodium, JSON-RPC)."""
import base64, ctypes, hashlib, http.client, json, struct

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SODIUM = ctypes.CDLL("libsodium.so.23")


def base58_decode(text, size):
    value = 0
    for character in text:
        value = value * 58 + ALPHABET.index(character)
    return value.to_bytes(size, "big")


def string(text):
    data = text.encode()
    return struct.pack("<I", len(data)) + data


def u128(value):
    return value.to_bytes(16, "little")


def create_account():
    return b"\0"


def transfer(amount):
    return b"\3" + u128(amount)


def add_full_access_key(public):
    return b"\5\0" + public + struct.pack("<Q", 0) + b"\1"


def function_call(method, arguments, deposit=0, gas=300 * 10**12):
    data = json.dumps(arguments).encode()
    return b"\2" + string(method) + struct.pack("<I", len(data)) + data + struct.pack("<Q", gas) + u128(deposit)


class Client:
    """One account with its key on a connection of its own; counts its nonce itself."""

    def __init__(self, address, account, secret):
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.account, self.secret = account, base58_decode(secret.split(":")[1], 64)
        self.nonce = None

    def rpc(self, method, params):
        self.connection.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
                                {"Content-Type": "application/json"})
        reply = json.loads(self.connection.getresponse().read())
        assert "error" not in reply, reply
        return reply["result"]

    def public(self):
        value, text = int.from_bytes(self.secret[32:], "big"), ""
        while value:
            value, digit = divmod(value, 58)
            text = ALPHABET[digit] + text
        return "ed25519:" + "1" * (len(self.secret[32:]) - len(self.secret[32:].lstrip(b"\0"))) + text

    def send(self, receiver, *actions):
        """The final execution outcome."""
        if self.nonce is None:
            key = self.rpc("query", {"request_type": "view_access_key", "finality": "optimistic",
                                     "account_id": self.account, "public_key": self.public()})
            self.nonce = key["nonce"]
        self.nonce += 1
        block = self.rpc("block", {"finality": "final"})["header"]["hash"]
        body = (string(self.account) + b"\0" + self.secret[32:] + struct.pack("<Q", self.nonce) + string(receiver) +
                base58_decode(block, 32) + struct.pack("<I", len(actions)) + b"".join(actions))
        signature = ctypes.create_string_buffer(64)
        digest = hashlib.sha256(body).digest()
        SODIUM.crypto_sign_ed25519_detached(signature, None, digest, ctypes.c_ulonglong(32), self.secret)
        signed = base64.b64encode(body + b"\0" + signature.raw).decode()
        return self.rpc("send_tx", {"signed_tx_base64": signed, "wait_until": "EXECUTED_OPTIMISTIC"})

    def sign(self, contract, domain, payload, path):
        """The contract's answer."""
        kind = "Ecdsa" if domain == 0 else "Eddsa"
        outcome = self.send(contract, function_call(
            "sign", {"request": {"payload_v2": {kind: payload}, "path": path, "domain_id": domain}}, 1))
        assert "SuccessValue" in outcome["status"], outcome["status"]
        return json.loads(base64.b64decode(outcome["status"]["SuccessValue"]))
