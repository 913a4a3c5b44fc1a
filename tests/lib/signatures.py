"""Verification that shares nothing with mpcup: the arithmetic of both curves in Python, and the openssl command line."""
import base64, hashlib, os, subprocess, tempfile

# ---- secp256k1 (SEC 2)

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def _add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(k, point):
    result = None
    while k:
        if k & 1:
            result = _add(result, point)
        point = _add(point, point)
        k >>= 1
    return result


def secp256k1_point(compressed_hex):
    data = bytes.fromhex(compressed_hex)
    x = int.from_bytes(data[1:], "big")
    y = pow(x**3 + 7, (P + 1) // 4, P)
    assert len(data) == 33 and y * y % P == (x**3 + 7) % P, compressed_hex
    return x, y if y & 1 == data[0] & 1 else P - y


def ecdsa_r_point(key, digest, r, s):
    """The point R that (r, s) stands for: verification is that its x is r."""
    inverse = pow(s, -1, N)
    return _add(_times(int.from_bytes(digest, "big") * inverse % N, G), _times(r * inverse % N, key))


def check_ecdsa(compressed_hex, digest, r, s, recovery_id):
    assert 0 < r < N and 0 < s <= N // 2, "r, s out of range, or s is high"
    x, y = ecdsa_r_point(secp256k1_point(compressed_hex), digest, r, s)
    assert x % N == r, "wrong signature"
    assert recovery_id == (y & 1) | (x >= N) << 1, "wrong recovery id"


# ---- Ed25519 (RFC 8032)

Q = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q


def _ed_add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1] % Q
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, Q) % Q,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, Q) % Q)


def _ed_times(k, point):
    result = (0, 1)
    while k:
        if k & 1:
            result = _ed_add(result, point)
        point = _ed_add(point, point)
        k >>= 1
    return result


def _ed_point(data):
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(square, (Q + 3) // 8, Q)
    if x * x % Q != square:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    assert x * x % Q == square, "not a point"
    return (x if x & 1 == data[31] >> 7 else Q - x), y


def check_ed25519(key_hex, message, signature):
    key, r, s = bytes.fromhex(key_hex), signature[:32], int.from_bytes(signature[32:], "little")
    assert s < L, "s is not reduced"
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    base = _ed_point((4 * pow(5, -1, Q) % Q).to_bytes(32, "little"))
    assert _ed_times(s, base) == _ed_add(_ed_point(r), _ed_times(h, _ed_point(key))), "wrong signature"


# ---- openssl

def _der(value):
    data = value.to_bytes(33, "big").lstrip(b"\0") or b"\0"
    return b"\x02" + bytes([len(data) + (data[0] >> 7)]) + (b"\0" if data[0] >> 7 else b"") + data


def openssl_verifies(key_der, data, signature, raw):
    with tempfile.TemporaryDirectory() as work:
        for name, content in (("key", key_der), ("data", data), ("signature", signature)):
            with open(os.path.join(work, name), "wb") as file:
                file.write(content)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", *raw,
                               "-in", "data", "-sigfile", "signature"], cwd=work, capture_output=True, text=True)
        return done.returncode == 0 and "Signature Verified Successfully" in done.stdout


def check(result):
    """Checks what `mpcup sign --json` printed, twice; returns the nonce's point as text."""
    signature, payload, key = result["signature"], bytes.fromhex(result["payload"]), result["publicKeyHex"]
    if result["curve"] == "ed25519":
        raw = bytes.fromhex(signature["hex"])
        assert base64.b64decode(signature["base64"]) == raw
        check_ed25519(key, payload, raw)
        prefix = bytes.fromhex("302a300506032b6570032100")
        assert openssl_verifies(prefix + bytes.fromhex(key), payload, raw, ["-rawin"]), result
        return "ed25519 " + signature["hex"][:64]
    r, s = int(signature["r"], 16), int(signature["s"], 16)
    check_ecdsa(key, payload, r, s, signature["recoveryId"])
    assert signature["v"] == signature["recoveryId"] + 27
    body = _der(r) + _der(s)
    prefix = bytes.fromhex("3036301006072a8648ce3d020106052b8104000a032200")
    assert openssl_verifies(prefix + bytes.fromhex(key), payload, b"\x30" + bytes([len(body)]) + body, []), result
    return "secp256k1 " + signature["r"]
