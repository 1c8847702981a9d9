"""What the documents tell a reader to paste works as it stands."""

import re
import subprocess

import pytest

from harness import TOP
from talk import ok, shop

BLOCKS = re.findall(r"```sh\n(.*?)```", (TOP / "docs/channels.md").read_text(), re.DOTALL)
PRELUDE = BLOCKS[0].replace(". .run/env\n", "")


@pytest.mark.parametrize("block", BLOCKS[1:],
                         ids=lambda block: re.search(r"put (\w+)", block).group(1))
def test_a_channel_is_set_up_and_a_signed_sample_is_taken_in(block, make_world):
    world = make_world(workers=0)
    shop(world)
    environment = {"PATH": "/usr/bin:/bin",
                   "REDTHREAD_URL": f"http://127.0.0.1:{world.router.port}",
                   "REDTHREAD_ADMIN_KEY": world.key("admin")}
    result = subprocess.run(["bash", "-ec", PRELUDE + block], env=environment, timeout=30,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    channel = re.search(r"put (\w+)", block).group(1)
    assert re.search(r"^HTTP/1.1 20[014]", result.stdout, re.MULTILINE), result.stdout
    rows = ok(world.admin().get(f"/v1/channels/{channel}/inbound"))["items"]
    assert [row["events"][0]["type"] for row in rows] == ["message"], rows
