#!/usr/bin/env node
/** The program `whosaw`. */
import { processContext } from "./process.ts";
import { runCli } from "./run.ts";

process.exitCode = await runCli(process.argv.slice(2), processContext());
