/** The same look-ups from columns: what stands there of one log, in the order and the words of ask.ts. */
import type { Columns } from "../columns/columns.ts";
import { number32, number64 } from "../columns/numbers.ts";
import { Names } from "../columns/queries/names.ts";
import { countExpired, countOpaque, opaqueOf, type OpaqueSighting } from "../columns/queries/opaque.ts";
import { seenBy } from "../columns/queries/seen-by.ts";
import type { LogWindow, Sighting } from "../columns/queries/sightings.ts";
import { whoSaw } from "../columns/queries/who-saw.ts";
import type { ActorId } from "../ledger/entry.ts";
import { gradeName } from "../shipping/grades.ts";
import { compareKeys, keyText } from "../shipping/subject-columns.ts";
import type { AskTally, Disclosure, OpaqueStatement, SeenSubject } from "./ask.ts";
import { subjectReadings, type SubjectTarget } from "./subject.ts";

/** One log as columns have it. */
export class ColumnsAsk {
  readonly #columns: Columns;
  readonly #names: Names;
  readonly #logs: readonly [LogWindow];

  constructor(columns: Columns, log: LogWindow) {
    this.#columns = columns;
    this.#names = new Names(columns);
    this.#logs = [log];
  }

  /** @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
  async *whoSaw(target: SubjectTarget, tally: AskTally): AsyncGenerator<Disclosure, void, undefined> {
    const window = { logs: this.#logs };
    tally.opaque += await countOpaque(this.#columns, window);
    tally.expired += await countExpired(this.#columns, this.#logs);
    const readings = subjectReadings(target);
    for await (const sighting of whoSaw(this.#columns, this.#names, number32(target.kind), readings, window)) {
      const { at, ...rest } = commonOf(sighting);
      const { table, clear: fields, masked, predicate: searchedBy } = sighting.use;
      yield {
        at,
        actor: sighting.actor as ActorId,
        table,
        fields,
        masked,
        ...rest,
        searchedBy,
        grade: gradeName(sighting.grade),
      };
    }
  }

  /** @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
  async *seenBy(actor: ActorId, tally: AskTally): AsyncGenerator<SeenSubject | OpaqueStatement, void, undefined> {
    const window = { logs: this.#logs };
    tally.expired += await countExpired(this.#columns, this.#logs);
    const opaque = opaqueOf(this.#columns, this.#names, number64(actor), window);
    let next = await opaque.next();
    for await (const together of byUse(seenBy(this.#columns, this.#names, number64(actor), window))) {
      // Of an entry that is both, that it is opaque comes first.
      for (; next.done !== true && next.value.index <= (together[0]?.index ?? 0); next = await opaque.next()) {
        tally.opaque++;
        yield opaqueItem(next.value);
      }
      yield* together.map(seenItem);
    }
    for (; next.done !== true; next = await opaque.next()) {
      tally.opaque++;
      yield opaqueItem(next.value);
    }
  }
}

type Common = Pick<Disclosure, "at" | "reason" | "ticket" | "statement" | "log" | "index">;

function commonOf(of: Pick<Sighting, "atMs" | "reason" | "ticket" | "log" | "statement" | "index">): Common {
  const { atMs, reason, ticket, log, statement, index } = of;
  return { at: new Date(atMs).toISOString(), reason, ticket, statement: `${log}/${statement}`, log, index };
}

function seenItem(sighting: Sighting): SeenSubject {
  const { at, ...rest } = commonOf(sighting);
  const { kind, table, clear: fields, masked, predicate: searchedBy } = sighting.use;
  const [key, grade] = [keyText(sighting.subject), gradeName(sighting.grade)];
  return { at, subject: { kind, key }, table, fields, masked, ...rest, searchedBy, grade };
}

function opaqueItem(sighting: OpaqueSighting): OpaqueStatement {
  const { at, ...rest } = commonOf({ ...sighting, statement: sighting.index });
  return { opaque: true, at, tables: sighting.tables, ...rest };
}

/** Neighbours of one use of one entry, in the order of their block: columns order hashes by other numbers. */
async function* byUse(sightings: AsyncIterable<Sighting>): AsyncGenerator<Sighting[], void, undefined> {
  let together: Sighting[] = [];
  for await (const sighting of sightings) {
    const [first] = together;
    if (first !== undefined && (first.index !== sighting.index || first.useIndex !== sighting.useIndex)) {
      yield sorted(together);
      together = [];
    }
    together.push(sighting);
  }
  if (together.length > 0) yield sorted(together);
}

function sorted(together: Sighting[]): Sighting[] {
  return together.sort((a, b) => compareKeys(a.subject, b.subject));
}
