#!/usr/bin/env python3
"""The AWS SDK for JavaScript v3; the tests themselves are in sdk.js, which prints TAP."""
import os, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *

with ClientCloud() as cloud:
    run = cloud.node(os.path.join(HERE, "sdk.js"), TEMPLATES, code=None)
    print(run.out, end="")
    if run.code:
        print("# " + run.err.replace("\n", "\n# "))
sys.exit(run.code)
