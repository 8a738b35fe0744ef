import type { CheckFinding } from "../check/finding.ts";
import type { Command } from "../command.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit.ts";

export const checkCommand: Command = {
  name: "check",
  summary: "Explain what is wrong with the configuration, here and in the database",
  description:
    "Reads whosaw.yaml, certificates and the actor register, tries the port, then connects to the database and holds every table, key, role and grant against it. Changes nothing.",
  options: [{ flags: "--offline", description: "do not connect to the database and do not try the port" }],
  examples: ["whosaw check", "whosaw check --offline --config whosaw.yaml", "whosaw check --json"],
  async run(invocation) {
    const config = await invocation.config();
    const findings: CheckFinding[] = [];
    if (!invocation.flag("offline")) {
      const { checkLocal } = await import("../check/local.ts");
      const { checkDatabase } = await import("../check/database.ts");
      const { attempt } = await import("../check/finding.ts");
      const { systemClock } = await import("../../base/clock.ts");
      findings.push(
        ...(await checkLocal(config, systemClock.nowMs())),
        ...(await attempt("upstream", () => checkDatabase(config))),
      );
    }
    const errors = findings.filter((finding) => finding.severity === "error");
    invocation.output.result({ valid: errors.length === 0, mode: config.mode, findings }, () =>
      describe(findings, config.file),
    );
    return exitCode(errors);
  },
};

function exitCode(errors: readonly CheckFinding[]): ExitCode {
  const code = errors[0]?.code;
  return code === undefined || code === null ? EXIT.ok : exitCodeOf(code);
}

const MARKS = { ok: "ok     ", warning: "warning", error: "ERROR  " } as const;

function describe(findings: readonly CheckFinding[], file: string): string {
  const lines = [`ok       ${file} is valid.`];
  for (const { severity, subject, message, hint } of findings) {
    lines.push(`${MARKS[severity]}  ${subject}: ${message}`);
    if (hint !== null) lines.push(`         hint: ${hint}`);
  }
  return lines.join("\n");
}
