/**
 * While the server reads COPY data it takes other messages differently: Sync is ignored, anything else is an error that
 * swallows the message. Whoever counts answers must count as it does.
 */
import { beforeAll, expect, test } from "vitest";
import { COPY_DONE, FLUSH, SYNC } from "../../src/wire/messages/empty.ts";
import { extended, parse, query } from "../rig/frames.ts";
import { setScene } from "../rig/scene.ts";
import { Watch } from "./seen.ts";

const scene = setScene();
let watch: Watch;

beforeAll(async () => {
  watch = await Watch.of(scene.gateway, scene.database);
});

const copyData = (text: string): Buffer => {
  const header = Buffer.alloc(5);
  header.write("d", "latin1");
  header.writeInt32BE(4 + Buffer.byteLength(text), 1);
  return Buffer.concat([header, Buffer.from(text)]);
};
/** Ten customers of its own for every attack; slow, so that messages can come before its answer. */
const slow = (from: number): string =>
  `SELECT id, email FROM support.customers WHERE id BETWEEN ${from} AND ${from + 9} AND (SELECT count(*) FROM generate_series(1, 3000000)) > 0`;
const COPY = "COPY mine FROM STDIN";
const FREEZE = "COPY mine FROM STDIN (FREEZE)";
const one = query("SELECT 1");

type Step = readonly Buffer[] | string | number;
/** Frames are written at once; a name or a number is what is waited for. */
const ATTACKS: readonly (readonly [name: string, ...steps: readonly Step[]])[] = [
  ["a query instead of data", [query(COPY)], "CopyInResponse", [one], 1, [query(slow(4010))], 1],
  ["a query behind a simple COPY", [query(COPY), one], 1, [query(slow(4020))], 1],
  [
    "a query and Sync instead of data, extended",
    [extended(COPY), FLUSH],
    "CopyInResponse",
    [one, SYNC, query(slow(4030))],
    1,
    [one],
    1,
  ],
  ["the same, pipelined", [extended(COPY), one, SYNC, query(slow(4040)), COPY_DONE, SYNC], 1, [one], 1, [one], 1],
  [
    "bad data, Sync, the end, Sync",
    [extended(COPY), FLUSH],
    "CopyInResponse",
    [copyData("x\n"), SYNC, COPY_DONE, SYNC, query(slow(4050)), one],
    3,
  ],
  ["FREEZE fails before the Sync", [extended(FREEZE), SYNC, COPY_DONE, SYNC, query(slow(4060)), one], 3],
  ["FREEZE fails before the Sync, without the end", [extended(FREEZE), SYNC, query(slow(4070))], 1, [one], 1],
  [
    "two COPYs in a query, a query between",
    [query(`${COPY}; ${COPY}`)],
    "CopyInResponse",
    [copyData("1\n"), COPY_DONE, one],
    1,
    [query(slow(4080))],
    1,
  ],
  [
    "Parse instead of data",
    [query(COPY)],
    "CopyInResponse",
    [parse("p", "SELECT 1"), SYNC],
    1,
    [query(slow(4090)), one],
    2,
  ],
  [
    "a COPY behind PREPARE and Sync",
    [extended(COPY), SYNC, SYNC, copyData("1\n"), COPY_DONE, SYNC, query(slow(4100)), one],
    3,
  ],
  [
    "an end before the beginning",
    [COPY_DONE, COPY_DONE, extended(COPY), SYNC, COPY_DONE, SYNC, query(slow(4110)), one],
    3,
  ],
  [
    "an end in the middle of an error",
    [extended("SELECT nonsense"), extended(COPY), SYNC, COPY_DONE, SYNC, query(slow(4120)), one],
    4,
  ],
];

test.each(ATTACKS)("%s", async (_name, ...steps) => {
  const wire = await watch.signIn(scene.database);
  wire.socket.write(query("CREATE TEMP TABLE mine (a int)"));
  const heard = await wire.hearUntilReady();
  for (const step of steps) {
    if (typeof step === "number") heard.push(...(await wire.hearUntilReady(step)));
    else if (typeof step === "string") heard.push(...(await wire.hearUntil(step)));
    else if (wire.socket.writable) wire.socket.write(Buffer.concat(step));
  }
  wire.socket.destroy();
  expect(await watch.unrecordedIn(heard)).toEqual([]);
});
