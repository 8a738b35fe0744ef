import { resolve } from "node:path";
import { WhosawError } from "../../base/errors.ts";
import type { UpstreamConfig } from "../../config/config.ts";
import type { Proposal } from "../../init/proposal.ts";
import type { RolePlan } from "../../init/roles.ts";
import type { Survey } from "../../init/survey.ts";
import type { Command, Invocation } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";

export const initCommand: Command = {
  name: "init",
  summary: "Look at a database and propose whosaw.yaml",
  description:
    "Classifies every table from names, types, keys, comments, statistics and a few values, which are looked at in memory and neither written nor logged. On a terminal it asks before it writes. It changes nothing in the database: the SQL that makes the gateway's role is printed. The password of the URL is not written.",
  arguments: [
    {
      name: "URL",
      description:
        "postgres://user:password@host/database of somebody who may read the tables; ${VARIABLE} is replaced",
      optional: true,
    },
  ],
  options: [
    { flags: "--yes", description: "write without asking" },
    { flags: "--force", description: "replace a whosaw.yaml that is there; it is kept as whosaw.yaml.bak" },
    { flags: "--undo", description: "put whosaw.yaml.bak back in the place of whosaw.yaml" },
    { flags: "--trust-names", description: "take columns for keys by their names, if all values looked at fit" },
    { flags: "--catalog-only", description: "look at no value" },
    { flags: "--subject TABLE", description: "the table with one row for each customer" },
    { flags: "--gateway-user NAME", description: "the gateway's own user of the database (default: whosaw_gw)" },
    { flags: "--origin NAME", description: "the ledger's name in the world (default: this machine's name)" },
    { flags: "--listen HOST:PORT", description: "where the gateway listens (default: 127.0.0.1:6432)" },
  ],
  examples: [
    "whosaw init 'postgres://me:${PGPASSWORD}@db.example/support'",
    "whosaw init 'postgres://me:${PGPASSWORD}@db.example/support' --yes --json",
    "whosaw init --undo",
  ],
  async run(invocation) {
    const { fileIsThere, undoConfig, writeConfig } = await import("../../init/write.ts");
    const path = invocation.option("config") ?? invocation.context.env["WHOSAW_CONFIG"] ?? "whosaw.yaml";
    const file = resolve(invocation.context.cwd, path);
    if (invocation.flag("undo")) {
      await undoConfig(file);
      invocation.output.result({ file, undone: true }, () => `${file} is again what it was.`);
      return EXIT.ok;
    }
    const upstream = await upstreamOf(invocation);
    const writes = decideWriting(invocation);
    if (writes && !invocation.flag("force") && (await exists(file))) throw fileIsThere(file);
    const { Survey } = await import("../../init/survey.ts");
    const options = {
      catalogOnly: invocation.flag("catalog-only"),
      trustNames: invocation.flag("trust-names"),
      onProgress: progress(invocation),
    };
    return Survey.run(upstream, options, async (survey) => {
      if (survey.empty)
        throw new WhosawError("NOT_FOUND", `The database ${upstream.database} has no tables.`, {
          hint: "Name the database that the staff's application uses, at the end of the URL.",
        });
      const proposal = await decideProposal(survey, invocation);
      const user = invocation.option("gateway-user") ?? "whosaw_gw";
      const roles = await survey.roles(proposal, user, upstream.database);
      const text = await yamlOf(invocation, proposal, roles, { upstream, user });
      const replaced = writes && (await writeConfig(file, text, invocation.flag("force")));
      return report(invocation, survey, { proposal, roles, text, file, writes, replaced, user, upstream });
    });
  },
};

/** Without a terminal somebody has to have said yes; with --json alone the proposal is printed and not written. */
function decideWriting(invocation: Invocation): boolean {
  if (invocation.flag("yes") || isInteractive(invocation)) return true;
  if (invocation.output.json) return false;
  throw new WhosawError("USAGE", "There is no terminal to ask on.", {
    hint: "Add --yes to write the proposal as it is, or --json to see it without writing.",
  });
}

function isInteractive(invocation: Invocation): boolean {
  return invocation.context.stdin.isTTY === true && !invocation.output.json && !invocation.flag("yes");
}

async function exists(file: string): Promise<boolean> {
  const { access } = await import("node:fs/promises");
  return access(file).then(
    () => true,
    () => false,
  );
}

/** @throws WhosawError USAGE; it never repeats the URL, which may hold a password */
async function upstreamOf(invocation: Invocation): Promise<UpstreamConfig> {
  const { parseUpstreamUrl } = await import("../../config/address.ts");
  const { interpolate } = await import("../../config/environment.ts");
  const given = invocation.argument("URL");
  const hint = "Write `whosaw init 'postgres://USER:${PGPASSWORD}@HOST/DATABASE'`.";
  if (given === undefined) throw new WhosawError("USAGE", "The URL of a database is missing.", { hint });
  const url = interpolate(given, invocation.context.env);
  if ("problem" in url) throw new WhosawError("USAGE", `The URL ${url.problem}`, { hint });
  const parsed = parseUpstreamUrl(url.text);
  if ("problem" in parsed) throw new WhosawError("USAGE", `The URL ${parsed.problem}`, { hint });
  const password = parsed.value.password ?? invocation.context.env["PGPASSWORD"];
  return { ...parsed.value, password, ca: undefined, cert: undefined, key: undefined };
}

async function decideProposal(survey: Survey, invocation: Invocation): Promise<Proposal> {
  const chosen = invocation.option("subject");
  const proposal = survey.propose(chosen);
  if (chosen !== undefined && proposal.kinds[0]?.table !== chosen)
    throw new WhosawError(
      "USAGE",
      `${chosen} cannot be the subjects' table: it is not there, or has no key of one column.`,
      {
        hint: "Write schema.table, as `whosaw init --json` lists it.",
      },
    );
  if (!isInteractive(invocation) || chosen !== undefined) return survey.hold(proposal);
  const { confirmProposal } = await import("../../init/interactive.ts");
  return confirmProposal(survey, { input: invocation.context.stdin, output: invocation.context.stderr });
}

async function yamlOf(
  invocation: Invocation,
  proposal: Proposal,
  roles: RolePlan,
  { upstream, user }: { readonly upstream: UpstreamConfig; readonly user: string },
): Promise<string> {
  const { configText } = await import("../../init/yaml.ts");
  const { hostname } = await import("node:os");
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/gu, "-");
  return configText(proposal, {
    upstream,
    gatewayUser: user,
    origin: invocation.option("origin") ?? `${host || "gateway"}/gw-1`,
    listen: invocation.option("listen") ?? "127.0.0.1:6432",
    roles,
  });
}

interface Done {
  readonly proposal: Proposal;
  readonly roles: RolePlan;
  readonly text: string;
  readonly file: string;
  readonly writes: boolean;
  readonly replaced: boolean;
  readonly user: string;
  readonly upstream: UpstreamConfig;
}

async function report(invocation: Invocation, survey: Survey, done: Done): Promise<ExitCode> {
  const { tableReports } = await import("../../init/report.ts");
  const { proposal, roles, file, writes, text } = done;
  const words = await resultText(invocation, survey, done);
  invocation.output.result(
    {
      file: writes ? file : null,
      kinds: proposal.kinds,
      tables: tableReports(proposal),
      views: { public: proposal.publicViews, other: proposal.otherViews },
      sql: roles.sql,
      next: nextSteps(done),
      yaml: text,
    },
    () => words,
  );
  return EXIT.ok;
}

async function resultText(invocation: Invocation, survey: Survey, done: Done): Promise<string> {
  if (invocation.output.json) return "";
  const { maskedText, proposalText } = await import("../../init/report.ts");
  const { context } = invocation;
  const asked = isInteractive(invocation) && invocation.option("subject") === undefined;
  // Masked or not, rows are for eyes: into a file or a pipe they do not go.
  const rows =
    !asked && "isTTY" in context.stdout && context.stdout.isTTY === true ? await survey.masked(done.proposal) : [];
  const unread = survey.unreadable;
  return [
    ...(asked ? [] : [maskedText(rows), proposalText(done.proposal)]),
    ...(unread === 0 ? [] : [`${unread} tables may not be read by this user: they were judged by their names alone.`]),
    `Wrote ${done.file}${done.replaced ? "; the old one is kept as .bak (`whosaw init --undo`)" : ""}.`,
    "",
    "In the database, as somebody who may create roles:",
    ...done.roles.sql.map((line) => `  ${line}`),
    "",
    "Then:",
    ...nextSteps(done).map((line) => `  ${line}`),
  ].join("\n");
}

function nextSteps({ user, roles }: Done): string[] {
  const role = roles.roles[0]?.name;
  return [
    `\\password ${user}          # in psql; the same goes into the environment as GW_PASSWORD`,
    "whosaw check",
    ...(role === undefined ? [] : [`whosaw actor add YOUR-NAME --role ${role}`]),
    "whosaw serve",
  ];
}

function progress({ context, output }: Invocation): (done: number, of: number) => void {
  const every = 250;
  return (done, of) => {
    if (of >= every && done % every === 0 && context.stderr !== undefined)
      output.note(`${done} of ${of} tables looked at`);
  };
}
