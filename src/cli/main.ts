#!/usr/bin/env node
/** The program `whosaw`. */
import { LIMITS } from "../base/limits.ts";
import { processContext } from "./process.ts";
import { runCli } from "./run.ts";

process.exitCode = await runCli(process.argv.slice(2), processContext());
// A socket or file that somebody forgot, or that hangs, does not keep the process.
setTimeout(() => process.exit(), LIMITS.exitGraceMs).unref();
