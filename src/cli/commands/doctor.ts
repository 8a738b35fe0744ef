import type { DoctorFinding, Severity } from "../../doctor/finding.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "Ask whether the whole installation keeps its promises",
  description:
    "Looks for ways around the gateway, for roles that are too strong, missing grants, clocks, connections, disk, keys and copies, and says for each finding what it means and what to do. Changes nothing; works while a gateway runs and while none does. Ends with 1 if something is critical.",
  options: [{ flags: "--all", description: "show also what is as it should be" }],
  examples: ["whosaw doctor", "whosaw doctor --all", "whosaw doctor --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { examineInstallation } = await import("../../doctor/doctor.ts");
    const { SEVERITIES } = await import("../../doctor/finding.ts");
    const { systemClock } = await import("../../base/clock.ts");
    const { ledgerStarted } = await import("../../ledger/started.ts");
    const { ControlClient } = await import("../../control/client.ts");
    const found = await examineInstallation({
      config,
      nowMs: () => systemClock.nowMs(),
      ledgerStarted: await ledgerStarted(config.ledger),
      health: async () => (await ControlClient.find(config.control.socket))?.health(),
    });
    const findings = found.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
    const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
    const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, count(severity)]));
    invocation.output.result({ counts, findings }, () => describe(findings, counts, invocation.flag("all")));
    return count("critical") === 0 ? EXIT.ok : EXIT.negative;
  },
};

const MARKS: Readonly<Record<Severity, string>> = {
  critical: "CRITICAL",
  warning: "warning ",
  ask: "ask     ",
  note: "note    ",
  ok: "ok      ",
};

function describe(findings: readonly DoctorFinding[], counts: Readonly<Record<string, number>>, all: boolean): string {
  const shown = findings.filter(({ severity }) => all || severity !== "ok");
  const lines = shown.flatMap(({ severity, check, message, advice, sql }) => [
    `${MARKS[severity]}  ${check}: ${visible(message)}${advice === null ? "" : ` ${visible(advice)}`}`,
    ...sql.map((line) => `            ${visible(line)}`),
  ]);
  const told = Object.entries(counts).map(([severity, count]) => `${count} ${severity}`);
  return [...lines, `${told.join(", ")}.`].join("\n");
}

/** Names come from the database: none of them may steer the terminal. */
function visible(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
