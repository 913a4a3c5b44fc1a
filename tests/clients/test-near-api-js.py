#!/usr/bin/env python3
"""near-api-js in its four lines; the tests themselves are in near/near-api-js.mjs, which prints TAP."""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nearchain import *

with Chain() as chain:
    run = chain.node("near-api-js.mjs", chain.url, ROOT_KEY=ROOT_KEY)
tap_of(run)
