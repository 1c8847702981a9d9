"""The commands of a document, as a reader pastes them into a shell of a running system."""

import os
import re
import subprocess

import harness


def blocks(page):
    return re.findall(r"```sh\n(.*?)```", (harness.TOP / page).read_text(), re.DOTALL)


def block(page, word):
    """The one that has this word in it."""
    found = [text for text in blocks(page) if word in text]
    assert len(found) == 1, f"{page}: {word} in {len(found)} blocks"
    return found[0]


def shell(world, text, **more):
    """Its standard output; it runs at the top of the tree with the programs on the PATH."""
    client = {"REDTHREAD_ADMIN_KEY": world.key("admin"),
              "REDTHREAD_DASHBOARD_KEY": world.key("dashboard")}
    if world.router.running:
        client["REDTHREAD_URL"] = world.router.url
    result = subprocess.run(["bash", "-euc", text], text=True, capture_output=True, timeout=60,
                            cwd=harness.TOP, env={**world.cli_env, **client, **more, "PATH":
                                                  f"{harness.BUILD}:{os.environ['PATH']}"})
    assert result.returncode == 0, result.stderr
    return result.stdout
