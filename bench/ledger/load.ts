/** The disclosures that every way of recording them is given, and what is measured of each way. */

/** Customers have the keys STEP, 2 * STEP, ...: a twelve million's spread, in a table that a bench can fill. */
export const CUSTOMERS = 100_000;
export const STEP = 120;
const ASKED_MAX = 3;

export const ACTOR_UUID = "2f1c8a4e-9b3d-4f60-8a57-1de0c4b7a911";
export const TABLE = "support.customers";
export const FIELDS = ["email", "name", "phone"];
/** A page of an export names where it begins, and no more. */
const TEXTS = {
  one: "SELECT id, name, email, phone FROM support.customers WHERE id = $1",
  many: "SELECT id, name, email, phone FROM support.customers WHERE id >= $1 ORDER BY id LIMIT 3000",
};
const BULK_SUBJECTS = 3_000;

/** So many clients, each with one statement at a time, until all are recorded. */
export interface Load {
  readonly name: string;
  readonly clients: number;
  /** Statements; each is one entry. */
  readonly entries: number;
  readonly subjectsPerEntry: number;
  /** What was run, its literals removed. */
  readonly text: string;
}

export const pointLoad = (clients: number, entries: number): Load => ({
  name: `look-ups, ${clients} ${clients === 1 ? "client" : "clients"}`,
  clients,
  entries,
  subjectsPerEntry: 1,
  text: TEXTS.one,
});

export const bulkLoad = (clients: number, entries: number): Load => ({
  name: `results of ${BULK_SUBJECTS.toLocaleString("en")} rows, ${clients} clients`,
  clients,
  entries,
  subjectsPerEntry: BULK_SUBJECTS,
  text: TEXTS.many,
});

/** Draws what the statements of a load show, and remembers a few subjects to ask for afterwards. */
export class Draw {
  readonly asked: number[] = [];
  readonly #load: Load;
  readonly #askEvery: number;
  #drawn = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#askEvery = Math.ceil(load.entries / ASKED_MAX);
  }

  /** The subjects of the next statement, ascending. */
  next(): number[] {
    const count = this.#load.subjectsPerEntry;
    const first = 1 + Math.floor(Math.random() * (CUSTOMERS - count + 1));
    const subjects = Array.from({ length: count }, (_, i) => (first + i) * STEP);
    // From the middle: the first of a page stands in its statement's parameters.
    if (this.#drawn++ % this.#askEvery === 0) this.asked.push(subjects[count >> 1] ?? 0);
    return subjects;
  }
}

/** Names of the two ways that others are compared with. */
export const LEDGER = "ledger";
export const STATEMENTS_ALONE = "statements alone";

/** One way of recording, or of not recording. */
export interface Way {
  readonly name: string;
  /** Whether the statements themselves are run, and so are part of the rate and of the processor time. */
  readonly runsStatements: boolean;
  /** Records a load into an empty store. */
  record(load: Load): Promise<Sample>;
}

/** What is undefined does not apply. */
export interface Sample {
  readonly perSecond: number;
  /** Processor time per entry: of whoever writes and of the server, if there is one. */
  readonly processorMicroseconds: number;
  /** On disk when all is written, indexes included. */
  readonly bytesPerEntry?: number;
  readonly whoSaw?: WhoSaw;
  /** Entries that the offline verifier recomputes in a second. */
  readonly verifiedPerSecond?: number;
}

export interface WhoSaw {
  readonly milliseconds: number;
  /** Of the subjects asked for, all of whom were shown, those of whom the store says so. */
  readonly foundShare: number;
}

/** Asks for each subject in turn. @param ask whether a disclosure of the subject was found */
export async function askWhoSaw(
  subjects: readonly number[],
  ask: (subject: number) => Promise<boolean>,
): Promise<WhoSaw> {
  let found = 0;
  const start = performance.now();
  for (const subject of subjects) if (await ask(subject)) found++;
  return { milliseconds: (performance.now() - start) / subjects.length, foundShare: found / subjects.length };
}
