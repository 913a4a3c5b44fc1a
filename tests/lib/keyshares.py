"""Opens the nodes' key shares with their store keys, and puts shares together: to prove what no node could do alone.
AES-128-GCM by libcrypto, the rest is arithmetic."""
import ctypes, json, struct
from signatures import N, L, G, P, _times, _ed_times, _ed_point

CRYPTO = ctypes.CDLL("libcrypto.so.3")
CRYPTO.EVP_CIPHER_CTX_new.restype = CRYPTO.EVP_aes_128_gcm.restype = ctypes.c_void_p


def open_gcm(key, nonce, header, content, tag):
    """The content; None: the tag is not this key's."""
    context, done = ctypes.c_void_p(CRYPTO.EVP_CIPHER_CTX_new()), ctypes.c_int()
    plain = ctypes.create_string_buffer(len(content))
    CRYPTO.EVP_DecryptInit_ex(context, ctypes.c_void_p(CRYPTO.EVP_aes_128_gcm()), None, key, nonce)
    CRYPTO.EVP_DecryptUpdate(context, None, ctypes.byref(done), header, len(header))
    CRYPTO.EVP_DecryptUpdate(context, plain, ctypes.byref(done), content, len(content))
    CRYPTO.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, tag)
    good = CRYPTO.EVP_DecryptFinal_ex(context, None, ctypes.byref(done))
    CRYPTO.EVP_CIPHER_CTX_free(context)
    return plain.raw if good == 1 else None


class Share:
    """One file: header in the clear; curve, threshold, id and secret after it was opened with one of the keys."""

    def __init__(self, data, keys):
        assert data[:8] == b"MPCUPKS1", data[:8]
        size = int.from_bytes(data[8:12], "little")
        header, nonce, sealed, tag = data[12:12 + size], data[12 + size:24 + size], data[24 + size:-16], data[-16:]
        self.header, self.sealed = json.loads(header), sealed
        opened = [p for p in (open_gcm(k, nonce, header, sealed, tag) for k in keys) if p is not None]
        assert len(opened) == 1, f"{len(opened)} of the store keys open it"
        plain = opened[0]
        assert plain[:17] == b"mpcup key share 1", plain[:17]
        self.ed25519, self.threshold, self.count, self.id = struct.unpack_from("<?HHI", plain, 18)
        self.secret = int.from_bytes(plain[-32:], "little" if self.ed25519 else "big")


def reconstruct(shares):
    """The polynomial's value at 0; x is the id plus one."""
    order, total = L if shares[0].ed25519 else N, 0
    for a in shares:
        weight = 1
        for b in shares:
            if b is not a:
                weight = weight * (b.id + 1) * pow(b.id - a.id, -1, order) % order
        total += a.secret * weight
    return total % order


def public_hex(secret, ed25519):
    if ed25519:
        x, y = _ed_times(secret, _ed_point(bytes.fromhex("58" + "66" * 31)))
        return (y | (x & 1) << 255).to_bytes(32, "little").hex()
    x, y = _times(secret, G)
    return f"{2 + (y & 1):02x}{x:064x}"


def base58_bytes(text, size):
    value = 0
    for character in text:
        value = value * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(character)
    return value.to_bytes(size, "big")


def near_hex(key):
    """secp256k1:.. or ed25519:.. as public_hex() has it."""
    curve, text = key.split(":")
    if curve == "ed25519":
        return base58_bytes(text, 32).hex()
    data = base58_bytes(text, 64)
    return f"{2 + (data[63] & 1):02x}{data[:32].hex()}"
