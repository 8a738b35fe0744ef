import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { Receipt } from "../ledger/ledger.ts";
import { MessageReader } from "../wire/framing.ts";
import type { Lease } from "./lease.ts";
import { Outbox } from "./outbox.ts";

const NO_LEASE = new WhosawError("NO_LEASE", "no lease");
const receipt = (): Receipt => Receipt.issue("test", 0, 0);

function message(type: string, payload = ""): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.write(type + "\0\0\0\0" + payload, "latin1");
  bytes.writeInt32BE(4 + payload.length, 1);
  return bytes;
}

const messages = (types: string): Buffer[] => [...types].map((type) => message(type, type === "Z" ? "I" : "x"));

/** A lease that is not held, waits as long as it has no refusal, and says yes to nothing. */
function lease(state: { held?: boolean; over?: boolean } = {}): Lease {
  return {
    held: state.held ?? false,
    refusal: state.over === true ? NO_LEASE : undefined,
    wait: () => undefined,
    forget: () => undefined,
  };
}

function outbox(): { box: Outbox; types: () => string; withheld: () => number } {
  const pieces: Buffer[] = [];
  let withheld = 0;
  const box = new Outbox({ write: (more) => void pieces.push(...more), withheld: () => withheld++ });
  return { box, types: () => typesOf(Buffer.concat(pieces)), withheld: () => withheld };
}

function typesOf(bytes: Buffer): string {
  const reader = new MessageReader({ maxBytes: 1_000 });
  reader.push(bytes);
  let types = "";
  while (reader.next()) types += String.fromCharCode(reader.type);
  expect(reader.idle).toBe(true);
  return types;
}

test("rows with a receipt wait for the lease, and leave with it", () => {
  const { box, types } = outbox();
  box.hold(Buffer.concat(messages("TDDCZ")));
  box.cover(true);
  expect(box.release(receipt(), lease())).toBe(false);
  box.send(Buffer.concat(messages("TDCZ")));
  expect(types()).toBe("");
  expect(box.proceed(lease({ held: true }))).toBe(true);
  expect(types()).toBe("TDDCZTDCZ");
  expect(box.heldBytes).toBe(0);
});

test("what is recorded without rows, such as a refusal, needs no lease", () => {
  const { box, types } = outbox();
  box.hold(Buffer.concat(messages("EZ")));
  box.cover(false);
  expect(box.release(receipt(), lease())).toBe(true);
  expect(types()).toBe("EZ");
});

test("after the grace the statement fails, its rows are dropped, and the next statement passes", () => {
  const { box, types, withheld } = outbox();
  box.hold(Buffer.concat(messages("12TDDDCZ")));
  box.cover(true);
  box.send(Buffer.concat(messages("TDCZ")));
  expect(box.release(receipt(), lease({ over: true }))).toBe(true);
  expect(types()).toBe("12TEZTDCZ");
  expect(withheld()).toBe(1);
  box.send(Buffer.concat(messages("TDCZ")));
  expect(types()).toBe("12TEZTDCZTDCZ");
});

test("what is still to come of a failed statement is dropped, also when the lease is held again", () => {
  const { box, types } = outbox();
  box.hold(Buffer.concat(messages("TDD")));
  box.cover(true);
  box.release(receipt(), lease({ over: true }));
  expect(types()).toBe("TE");
  box.hold(Buffer.concat(messages("DDDC")));
  box.cover(true);
  box.release(receipt(), lease({ held: true }));
  box.send(Buffer.concat(messages("SAZ")));
  expect(types()).toBe("TESAZ");
  box.hold(Buffer.concat(messages("TDCZ")));
  box.cover(true);
  box.release(receipt(), lease({ held: true }));
  expect(types()).toBe("TESAZTDCZ");
});

test("a row of which a part has left cannot be taken back: the session ends", () => {
  const { box } = outbox();
  const row = message("D", "a long row");
  box.hold(row.subarray(0, 8));
  box.whole = false;
  box.cover(true);
  box.release(receipt(), lease({ held: true }));
  expect(box.betweenMessages).toBe(false);
  box.hold(row.subarray(8));
  box.whole = true;
  box.cover(true);
  expect(() => box.release(receipt(), lease({ over: true }))).toThrow(NO_LEASE);
});

test("a COPY whose data the server waits for cannot be taken back either", () => {
  const { box } = outbox();
  box.hold(Buffer.concat(messages("TDCG")));
  box.cover(true);
  expect(() => box.release(receipt(), lease({ over: true }))).toThrow(NO_LEASE);
});

test("however answers are cut into chunks and drains: no row leaves unleased, and every query is answered by one ReadyForQuery", () => {
  const answers = fc.array(fc.constantFrom("TDDCZ", "12TDDCZ", "CZ", "EZ", "12TDsZ", "HddcCZ", "TDCTDCZ"), {
    minLength: 1,
    maxLength: 8,
  });
  const cuts = fc.array(fc.record({ messages: fc.integer({ min: 1, max: 6 }), held: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(answers, cuts, (queries, chunks) => {
      const { box, types } = outbox();
      const all = messages(queries.join(""));
      let leasedRows = 0;
      for (const { messages: count, held } of [...chunks, { messages: all.length + 1, held: false }]) {
        const chunk = all.splice(0, count);
        for (const piece of chunk) box.hold(piece);
        box.cover(true);
        box.release(receipt(), lease({ held, over: true }));
        if (held) leasedRows += chunk.filter((piece) => "Dd".includes(String.fromCharCode(piece[0] ?? 0))).length;
      }
      const sent = types();
      expect(sent.replaceAll(/[^Z]/gu, "")).toHaveLength(queries.length);
      expect(sent.replaceAll(/[^Dd]/gu, "").length).toBeLessThanOrEqual(leasedRows);
      // Nothing but what belongs to no statement stands between an error and ReadyForQuery.
      expect(sent).not.toMatch(/E[^Z]/u);
    }),
  );
});
