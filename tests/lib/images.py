"""Container images made by hand: layers as tars, around them an OCI layout or the tars of docker save."""
import gzip, hashlib, io, json, os, subprocess, tarfile

BUSYBOX = "/bin/busybox"  # the static one of busybox-static
APPLETS = "sh cat echo ls id env pwd sleep touch nc test stat head seq mkdir rm true false sed grep wget".split()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(name, data=b"", kind=tarfile.REGTYPE, mode=0o644, link="", owner=(0, 0), size=None):
    """A member of a layer; size overrides what the header claims."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    info.uid, info.gid = owner
    info.size = len(data) if size is None else size
    return info, data


def directory(name, mode=0o755, **more):
    return entry(name, kind=tarfile.DIRTYPE, mode=mode, **more)


def symlink(name, target):
    return entry(name, kind=tarfile.SYMTYPE, link=target, mode=0o777)


def hardlink(name, target):
    return entry(name, kind=tarfile.LNKTYPE, link=target)


def script(name, text):
    return entry(name, text.encode(), mode=0o755)


def layer(*members, format=tarfile.PAX_FORMAT):
    """A tar; names and sizes go into it as they are, harmless or not."""
    out = io.BytesIO()
    for info, data in members:
        out.write(info.tobuf(format))
        out.write(data + b"\0" * (-len(data) % 512))
    return out.getvalue() + b"\0" * 1024


def busybox_layer(*members):
    program = open(BUSYBOX, "rb").read()
    passwd = b"root:x:0:0:root:/root:/bin/sh\nweb:x:101:102:web:/srv:/bin/sh\n"
    return layer(directory("bin"), entry("bin/busybox", program, mode=0o4755),
                 *[hardlink(f"bin/{applet}", "bin/busybox") for applet in APPLETS],
                 directory("etc"), entry("etc/passwd", passwd), entry("etc/group", b"root:x:0:\nstaff:x:50:\n"),
                 directory("tmp", mode=0o1777), directory("root", mode=0o700), directory("srv", owner=(101, 102)),
                 *members)


def compress(tar, how):
    if how == "gzip":
        return gzip.compress(tar, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=tar, stdout=subprocess.PIPE, check=True).stdout
    return tar


def configuration(tars, architecture="amd64", os="linux", **config):
    return json.dumps({"architecture": architecture, "os": os, "config": config,
                       "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]}}).encode()


class Layout:
    """Files of an OCI image layout: path -> bytes."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
        self.descriptors = []

    def blob(self, data, media_type, **more):
        self.files["blobs/sha256/" + digest(data)[7:]] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}

    def image(self, tars, compression="gzip", config=None, name=None, platform=None):
        """Adds an image and returns its descriptor."""
        how = [compression] * len(tars) if isinstance(compression, str) else compression
        suffix = {"gzip": "+gzip", "zstd": "+zstd", "none": ""}
        config = config or configuration(tars)
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": self.blob(config, "application/vnd.oci.image.config.v1+json"),
                    "layers": [self.blob(compress(t, h), "application/vnd.oci.image.layer.v1.tar" + suffix[h])
                               for t, h in zip(tars, how)]}
        more = {"platform": platform} if platform else {}
        if name:
            more["annotations"] = {"org.opencontainers.image.ref.name": name}
        return self.blob(json.dumps(manifest).encode(), manifest["mediaType"], **more)

    def index(self, descriptors):
        return self.blob(json.dumps({"schemaVersion": 2, "manifests": descriptors}).encode(),
                         "application/vnd.oci.image.index.v1+json")

    def finish(self, *descriptors):
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": list(descriptors)}).encode()
        return self

    def write(self, path):
        for name, data in self.files.items():
            full = os.path.join(path, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                file.write(data)
        return path

    def tar(self, path, how="none"):
        with open(path, "wb") as file:
            file.write(compress(layer(*[entry(n, d) for n, d in self.files.items()]), how))
        return path


def saved(path, tars, name, old=True, config=None):
    """A tar of docker save: the old form has a directory for each layer, the new one blobs."""
    config = config or configuration(tars)
    if old:
        config_name = digest(config)[7:] + ".json"
        layers = [f"{hashlib.sha256(bytes([i])).hexdigest()}/layer.tar" for i in range(len(tars))]
    else:
        config_name = "blobs/sha256/" + digest(config)[7:]
        layers = ["blobs/sha256/" + digest(t)[7:] for t in tars]
    members, seen = [entry(config_name, config)], {}
    for file, tar in zip(layers, tars):
        if old and tar in seen:  # the same layer twice is a link
            members.append(symlink(file, "../" + seen[tar]))
        elif tar not in seen:
            members.append(entry(file, tar))
        seen.setdefault(tar, file)
    manifest = [{"Config": config_name, "RepoTags": [name] if name else None, "Layers": layers}]
    members.append(entry("manifest.json", json.dumps(manifest).encode()))
    with open(path, "wb") as file:
        file.write(layer(*members))
    return path
