"""The client that openapi-typescript generates with its default flags compiles and takes the calls in our docs."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mailflatrate.entrypoints.api.v1.service import schema

FRONTEND = Path(__file__).parents[3] / "frontend"
PROGRAM = Path(__file__).parent / "typescript" / "client.ts"
TOOLS = FRONTEND / "node_modules" / ".bin"
OPTIONS = {
    "noEmit": True,
    "skipLibCheck": True,
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "types": [],
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom"],
}


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not (TOOLS / "openapi-typescript").exists(),
    reason="needs node and the packages of frontend/",
)
def test_the_generated_client_compiles(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(schema()))
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "files": ["client.ts"]}))
    (tmp_path / "node_modules").symlink_to(FRONTEND / "node_modules")
    shutil.copy(PROGRAM, tmp_path)
    for command in (
        [TOOLS / "openapi-typescript", "openapi.json", "--output", "api.ts"],
        [TOOLS / "tsc", "--project", "tsconfig.json"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
