#!/usr/bin/env node
/** The verifier as a program of its own: it needs Node and the files beside it, nothing else of whosaw. */
import { runVerifier } from "./program.ts";

process.exitCode = await runVerifier(process.argv.slice(2), process);
