/**
 * Names are reused while messages are under way: what a name means is decided by the server, in the order of its
 * answers, and not by what the client has sent meanwhile.
 */
import { beforeAll, expect, test } from "vitest";
import { encodeClose } from "../../src/wire/messages/describe.ts";
import { SYNC } from "../../src/wire/messages/empty.ts";
import { bind, execute, parse, query } from "../rig/frames.ts";
import { setScene } from "../rig/scene.ts";
import { Watch } from "./seen.ts";

const scene = setScene();
let watch: Watch;

beforeAll(async () => {
  watch = await Watch.of(scene.gateway, scene.database);
});

/** Each line is sent at once, and answered before the next. */
type Attack = readonly [name: string, writes: readonly (readonly [readyCount: number, frames: readonly Buffer[]])[]];
/** Every attack reads customers of its own: ten from this number on. */
const rows = (from: number): string =>
  `SELECT id, email FROM support.customers WHERE id BETWEEN ${from} AND ${from + 9}`;

const ATTACKS: readonly Attack[] = [
  [
    "a statement's name that was taken, bound behind the Sync",
    [
      [1, [parse("p", rows(4010)), SYNC]],
      [2, [parse("p", "SELECT 1"), SYNC, bind("", "p"), execute(""), SYNC]],
    ],
  ],
  [
    "EXECUTE of a name that a later Parse wants",
    [
      [1, [parse("p", rows(4020)), SYNC]],
      [2, [query("EXECUTE p"), parse("p", "SELECT 1"), SYNC]],
    ],
  ],
  [
    "FETCH from a cursor whose name a later Bind wants",
    [
      [1, [query(`BEGIN; DECLARE c CURSOR WITH HOLD FOR ${rows(4030)}; COMMIT`)]],
      [2, [query("FETCH 10 FROM c"), parse("", "SELECT 1"), bind("c", ""), SYNC]],
    ],
  ],
  [
    "Execute of a cursor whose name a Bind wanted",
    [
      [1, [query(`BEGIN; DECLARE c CURSOR WITH HOLD FOR ${rows(4040)}; COMMIT`)]],
      [2, [parse("", "SELECT 1"), bind("c", ""), SYNC, execute("c"), SYNC]],
    ],
  ],
  [
    "EXPLAIN DECLARE declares nothing",
    [
      [1, [query(`BEGIN; DECLARE c CURSOR FOR ${rows(4050)}`)]],
      [1, [query("EXPLAIN DECLARE c CURSOR FOR SELECT 1")]],
      [1, [query("FETCH 10 FROM c")]],
    ],
  ],
  [
    "a cursor executed by the protocol, closed, and its name bound again",
    [
      [1, [query("BEGIN; DECLARE c CURSOR FOR SELECT 1")]],
      [
        1,
        [
          parse("p", rows(4060)),
          execute("c"),
          encodeClose({ kind: "portal", name: "c" }),
          bind("c", "p"),
          execute("c", 1),
          SYNC,
        ],
      ],
      [1, [execute("c"), SYNC]],
      [1, [query("FETCH 10 FROM c")]],
    ],
  ],
  [
    "a portal of a savepoint taken back",
    [
      [1, [query("BEGIN")]],
      [1, [parse("p", rows(4070)), bind("c", "p"), parse("one", "SELECT 1"), SYNC]],
      [1, [query("SAVEPOINT s")]],
      [3, [bind("c", "one"), SYNC, query("ROLLBACK TO s"), execute("c"), SYNC]],
    ],
  ],
  [
    "DEALLOCATE and Parse under way",
    [
      [1, [parse("p", rows(4080)), SYNC]],
      [3, [query("DEALLOCATE p"), parse("p", "SELECT 1"), SYNC, query("EXECUTE p")]],
    ],
  ],
  [
    "a failing DEALLOCATE and Parse under way",
    [
      [1, [parse("p", rows(4090)), SYNC]],
      [1, [query("BEGIN; SELECT 1/0")]],
      [4, [query("DEALLOCATE p"), parse("p", "SELECT 1"), SYNC, query("ROLLBACK"), bind("", "p"), execute(""), SYNC]],
    ],
  ],
  [
    "a Close that is skipped",
    [
      [1, [parse("p", rows(4100)), SYNC]],
      [
        2,
        [
          parse("", "SELECT nonsense"),
          encodeClose({ kind: "statement", name: "p" }),
          parse("p", "SELECT 1"),
          SYNC,
          bind("", "p"),
          execute(""),
          SYNC,
        ],
      ],
      [1, [query("EXECUTE p")]],
    ],
  ],
  [
    "DISCARD ALL between",
    [
      [1, [parse("p", "SELECT 1"), SYNC]],
      [3, [query("DISCARD ALL"), parse("p", rows(4110)), SYNC, query("EXECUTE p")]],
    ],
  ],
  [
    "DEALLOCATE through the extended protocol, failing, and the name parsed",
    [
      [1, [parse("p", rows(4120)), parse("d", "DEALLOCATE p"), SYNC]],
      [2, [parse("p", "SELECT 1"), bind("", "d"), execute(""), SYNC, query("EXECUTE p")]],
    ],
  ],
  [
    "a name prepared by SQL under way",
    [
      [2, [query(`PREPARE p AS ${rows(4130)}`), parse("p", "SELECT 1"), SYNC]],
      [1, [query("EXECUTE p")]],
      [1, [bind("", "p"), execute(""), SYNC]],
    ],
  ],
  ["PREPARE behind a Bind of the name", [[2, [query(`PREPARE p AS ${rows(4140)}`), bind("", "p"), execute(""), SYNC]]]],
  [
    "a portal kept over a failed one of its name",
    [
      [1, [query("BEGIN")]],
      [1, [parse("p", rows(4150)), bind("c", "p"), execute("c", 1), SYNC]],
      [1, [query("FETCH 3 FROM c")]],
      [1, [execute("c", 2), SYNC]],
    ],
  ],
  [
    "a name that the server cuts",
    [
      [1, [parse("n".repeat(63), "SELECT 1"), SYNC]],
      [
        1,
        [encodeClose({ kind: "statement", name: `${"n".repeat(63)}x` }), parse(`${"n".repeat(63)}z`, rows(4160)), SYNC],
      ],
      [1, [bind("", "n".repeat(63)), execute(""), SYNC]],
      [1, [query(`EXECUTE ${"n".repeat(63)}`)]],
    ],
  ],
  [
    "names in two spellings of one text",
    [
      [1, [query(`PREPARE "Ã©" AS ${rows(4170)}`)]],
      [1, [parse("\u00c3\u00a9", "SELECT 1"), SYNC]],
      [1, [query('EXECUTE "Ã©"')]],
      [1, [bind("", "\u00c3\u0083\u00c2\u00a9"), execute(""), SYNC]],
    ],
  ],
  [
    "an encoding that changes before the name is read",
    [
      [1, [query(`PREPARE "Ã©" AS ${rows(4180)}`)]],
      [2, [query("SET client_encoding = 'LATIN1'"), parse("\u00c3\u00a9", "SELECT 1"), SYNC]],
      [1, [query("SET client_encoding = 'UTF8'")]],
      [1, [query('EXECUTE "Ã©"')]],
    ],
  ],
  [
    "an encoding that changes back before the name is read",
    [
      [1, [query(`PREPARE "Ã©" AS ${rows(4190)}`)]],
      [1, [query("SET client_encoding = 'LATIN1'")]],
      [3, [query("SET client_encoding = 'UTF8'"), parse("\u00c3\u00a9", "SELECT 1"), SYNC, query("SELECT 1")]],
      [1, [query('EXECUTE "Ã©"')]],
    ],
  ],
];

test.each(ATTACKS)("%s", async (_name, writes) => {
  const wire = await watch.signIn(scene.database);
  const heard = [];
  for (const [count, frames] of writes) {
    wire.socket.write(Buffer.concat(frames));
    const more = await wire.hearUntilReady(count);
    heard.push(...more);
    if (more.at(-1)?.name !== "ReadyForQuery") break;
  }
  await wire.hangUp();
  expect(await watch.unrecordedIn(heard)).toEqual([]);
});
