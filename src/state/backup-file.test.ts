import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { BackupLines, type BackupRow, readBackup } from "./backup-file.ts";

const HEADER = { installation: "whosaw.example/test", tables: "0001-first", atMs: 1_800_000_000_000 };

const row = fc.record({
  table: fc.stringMatching(/^[a-z_]{1,63}$/u),
  json: fc
    .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
    .map((value) => JSON.stringify(value)),
});

function backupOf(rows: readonly BackupRow[]): Buffer {
  const lines = new BackupLines();
  return Buffer.from([lines.header(HEADER), ...rows.map((each) => lines.row(each)), lines.end()].join(""));
}

/** @param cuts where chunks end */
async function* chunked(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const cut of cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b)) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
  yield bytes.subarray(from);
}

async function readAll(bytes: Buffer, cuts: readonly number[] = []): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of readBackup(chunked(bytes, cuts))) items.push(item);
  return items;
}

/** It reads whole, or is refused with a code. */
async function refusal(bytes: Buffer): Promise<string | undefined> {
  try {
    await readAll(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof WhosawError)) throw error;
    return error.code;
  }
}

test("what was written is read, wherever the chunks end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row), fc.array(fc.nat(), { maxLength: 20 }), async (rows, cuts) => {
      expect(await readAll(backupOf(rows), cuts)).toEqual([HEADER, ...rows]);
    }),
  );
});

test("whatever is altered, cut off, added or left out is noticed", async () => {
  const change = fc.oneof(
    fc.record({ how: fc.constant("flip" as const), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ how: fc.constant("cut" as const), at: fc.nat(), by: fc.constant(0) }),
    fc.record({ how: fc.constant("insert" as const), at: fc.nat(), by: fc.nat(255) }),
    fc.record({ how: fc.constant("remove" as const), at: fc.nat(), by: fc.integer({ min: 1, max: 100 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row), change, async (rows, { how, at, by }) => {
      const bytes = backupOf(rows);
      const place = at % bytes.length;
      const [before, here, after] = [bytes.subarray(0, place), bytes[place] ?? 0, bytes.subarray(place + 1)];
      const changed = {
        flip: () => Buffer.concat([before, Buffer.of(here ^ by), after]),
        cut: () => before,
        insert: () => Buffer.concat([before, Buffer.of(by), bytes.subarray(place)]),
        remove: () => Buffer.concat([before, bytes.subarray(place + by)]),
      }[how]();
      expect(await refusal(changed)).toMatch(/^STATE_FAILED$|^STORE_MISMATCH$/u);
    }),
    { numRuns: 500 },
  );
});

test("a row moved to another place is noticed", async () => {
  const [first, second] = [
    { table: "logs", json: '{"a":1}' },
    { table: "logs", json: '{"a":2}' },
  ];
  const lines = backupOf([first, second]).toString("utf8").split("\n");
  const swapped = [lines[0], lines[2], lines[1], ...lines.slice(3)].join("\n");
  expect(await refusal(Buffer.from(swapped))).toBe("STATE_FAILED");
});

test("bytes that mean nothing are refused with a code", async () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(`${JSON.stringify(HEADER)}\n${text}\nend 1 x\n`)),
    fc.jsonValue().map((value) => Buffer.from(`${JSON.stringify(value)}\nend 0 x\n`)),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (bytes) => {
      expect(await refusal(bytes)).toBe("STATE_FAILED");
    }),
  );
});

test("a line that never ends is given up before it fills memory", async () => {
  const part = Buffer.alloc(1 << 20, "x");
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      given += part.length;
      yield part;
    }
  }
  await expect(readBackup(endless()).next()).rejects.toMatchObject({ code: "STATE_FAILED" });
  expect(given).toBeLessThanOrEqual(LIMITS.backupLineBytesMax + part.length);
});

test("a format of later times is told from no backup at all", async () => {
  expect(await refusal(Buffer.from('{"format":"whosaw state backup 2"}\n'))).toBe("STORE_MISMATCH");
  expect(await refusal(Buffer.from('{"format":"something else"}\n'))).toBe("STATE_FAILED");
});
