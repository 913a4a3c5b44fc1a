#!/usr/bin/env python3
"""The chain's RPC as strict clients read it; the tests themselves are in near/schemas.mjs, which prints TAP."""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nearchain import *

with Chain() as chain:
    run = chain.node("schemas.mjs", chain.url, ROOT_KEY=ROOT_KEY)
tap_of(run)
