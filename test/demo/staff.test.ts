/** The support workload: simulated staff at work through a gateway that enforces, at once instead of in their own time. */
import { expect, test } from "vitest";
import { DEFAULT_CUSTOMERS, DEFAULT_SEED } from "../../sim/support-database/fill.ts";
import { Department } from "../../sim/staff/department.ts";
import type { Answered } from "../../sim/staff/desk.ts";
import { ROSTER, roleOf, SERVICE_ACCOUNT, signInOf, type StaffMember } from "../../sim/staff/roster.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { entriesOf, recordedStatements } from "../e2e/recorded.ts";
import { AGENT_PASSWORD, startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

/** Those of the tests' databases. */
const customers = { seed: DEFAULT_SEED, count: DEFAULT_CUSTOMERS };

interface Worked {
  readonly department: Department;
  readonly gateway: TestGateway;
  readonly answers: readonly Answered[];
  readonly ids: ReadonlyMap<string, ActorId>;
}

/** Everybody of the roster does so many tasks; then `look` looks at what is left. */
async function work(
  options: {
    readonly seed: number;
    readonly tasks: number;
    readonly roster?: readonly StaffMember[];
    readonly passwordOf?: (person: StaffMember) => string;
    /** What happens while somebody thinks. */
    readonly meanwhile?: (database: SupportDatabase) => Promise<void>;
  },
  look: (worked: Worked) => Promise<void>,
): Promise<void> {
  const database = await supportDatabase();
  const gateway = await startTestGateway({ database });
  try {
    const ids = await signUp(gateway);
    const answers: Answered[] = [];
    const url = (person: StaffMember): string =>
      `postgres://${signInOf(person)}:${encodeURIComponent(options.passwordOf?.(person) ?? AGENT_PASSWORD)}@${gateway.host}:${gateway.port}/${database.name}`;
    const department = new Department({
      ...options,
      customers,
      url,
      wait: async () => options.meanwhile?.(database),
      onAnswer: (answered) => answers.push(answered),
    });
    await department.done;
    await look({ department, gateway, answers, ids });
  } finally {
    await gateway.stop();
    await database.drop();
  }
}

async function signUp(gateway: TestGateway): Promise<ReadonlyMap<string, ActorId>> {
  const ids = new Map([[SERVICE_ACCOUNT, gateway.actors.app.id]]);
  for (const person of ROSTER.filter(({ tool }) => tool !== "helpdesk"))
    ids.set(person.name, (await gateway.signUp(person.name, roleOf(person))).id);
  return ids;
}

test("every statement is accounted for, none is refused but those that are meant to be, and whoever was shown is recorded", async () => {
  await work({ seed: 11, tasks: 25 }, async ({ department, gateway, answers, ids }) => {
    expect([...department.tally.errors]).toEqual([]);
    const recorded = await recordedStatements(gateway);
    expect(new Set(recorded.map(({ decision }) => decision))).toEqual(new Set(["accounted"]));
    const refusals = (await entriesOf(gateway)).filter(({ kind }) => kind === "refusal");
    expect(refusals).toHaveLength(department.tally.refusals);
    expect(refusals.length).toBeGreaterThan(0);
    // All statements but those that touch nobody's data, such as BEGIN, are in the ledger; so are all of their rows.
    expect(recorded).toHaveLength(answers.length);
    const rows = recorded.filter(({ text }) => text.startsWith("SELECT")).map(({ outcome }) => outcome?.rows ?? 0);
    expect(rows.reduce((sum, more) => sum + more, 0)).toBe(department.tally.rows);

    const shown = new Set(
      recorded.flatMap(({ actor, uses }) => uses.flatMap(({ keys }) => keys.map((key) => `${actor} ${key}`))),
    );
    for (const { person, statement, rows: received } of answers) {
      for (const row of received) {
        const subject = (row["customer_id"] ??
          (statement.text.includes("FROM support.customers") ? row["id"] : undefined)) as unknown;
        if (typeof subject === "number") expect(shown).toContain(`${ids.get(signInOf(person))} ${subject}`);
      }
    }
    // Everything that such a department does was among it.
    expect(new Set(answers.map(({ statement }) => statement.name))).toEqual(new Set(EVERYTHING));
    expect(new Set(answers.map(({ person }) => person))).toEqual(new Set(ROSTER));
    expect(gateway.complaints).toEqual([]);
  });
});

const EVERYTHING = [
  "own-queue", "new-tickets", "ticket", "ticket-customer", "ticket-messages", "answer", "set-status", "assign",
  "by-email", "by-phone", "by-name", "profile", "profile-tickets", "profile-notes", "profile-group-tickets", "note",
  "closed-of-one", "campaign",
]; // prettier-ignore

test.each(["psql", "desk"] as const)("the seed decides what somebody does, on %s", async (tool) => {
  const roster = ROSTER.filter((person) => person.tool === tool && person.job === "second line");
  const days: unknown[] = [];
  for (const seed of [3, 3, 4]) {
    await work({ seed, tasks: 10, roster }, async ({ gateway }) => {
      const recorded = await recordedStatements(gateway);
      // Text keys are hashed differently in every ledger.
      const numbers = (keys: readonly string[]): readonly string[] => keys.filter((key) => /^\d+$/u.test(key));
      days.push(recorded.map(({ text, uses }) => [text, uses.map(({ keys }) => numbers(keys))]));
    });
  }
  const [first, again, other] = days;
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test("whatever goes wrong is counted with its person, and the others go on", async () => {
  const roster = ROSTER.filter(({ name }) => name === "bruno" || name === "chen");
  const passwordOf = ({ name }: StaffMember): string => (name === "bruno" ? "forgotten" : AGENT_PASSWORD);
  await work({ seed: 5, tasks: 3, roster, passwordOf }, async ({ department, answers }) => {
    expect([...department.tally.errors]).toEqual([[expect.stringMatching(/^bruno: 28P01 /u), 3]]);
    expect(new Set(answers.map(({ person }) => person.name))).toEqual(new Set(["chen"]));
  });
});

test("a session that breaks is counted, and work goes on in a new one", async () => {
  const roster = ROSTER.filter(({ name }) => name === "goran");
  let broken = false;
  const meanwhile = async (database: SupportDatabase): Promise<void> => {
    if (broken) return;
    const ended = await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'whosaw_gw' AND query LIKE '%FROM support.%'`);
    broken = ended.length > 0;
  };
  await work({ seed: 5, tasks: 10, roster, meanwhile }, async ({ department, answers, gateway }) => {
    expect([...department.tally.errors]).toEqual([[expect.stringMatching(/^goran: /u), 1]]);
    expect(answers.length).toBeGreaterThan(20);
    expect((await entriesOf(gateway)).filter(({ kind }) => kind === "login").length).toBeGreaterThan(1);
  });
});
