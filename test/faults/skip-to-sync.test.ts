/**
 * After an error the server skips everything up to the next Sync, and so must the gateway's account of what is still to
 * be answered: one message too many or too few, and rows would be taken for the answer to something else.
 */
import { expect, test } from "vitest";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { FLUSH, SYNC } from "../../src/wire/messages/empty.ts";
import { encodeDescribe, encodeClose } from "../../src/wire/messages/describe.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { recordedStatements } from "../e2e/recorded.ts";
import { setScene } from "../rig/scene.ts";
import { type Heard, RawClient } from "../rig/raw-client.ts";

const scene = setScene();
const point = (id: number): Buffer => encodeQuery(`SELECT name FROM support.customers WHERE id = ${id}`);
const execute = encodeExecute({ portal: "", maxRows: 0 });
const failing = encodeParse("", "SELECT nonsense", []);
const bind = encodeBind({ portal: "", statement: "", paramFormats: [], params: [], resultFormats: [] });

/** What follows the error, sent together with it and sent when the error has come. */
test.each<[string, readonly Buffer[]]>([
  ["nothing but Sync", [SYNC]],
  ["Bind and Execute", [bind, execute, SYNC]],
  [
    "Parse, Describe, Close",
    [
      encodeParse("s", "SELECT 1", []),
      encodeDescribe({ kind: "statement", name: "s" }),
      encodeClose({ kind: "statement", name: "s" }),
      SYNC,
    ],
  ],
  ["a simple query, which is skipped too", [point(4711), SYNC]],
  ["two simple queries and a Flush", [point(4711), FLUSH, point(4712), SYNC]],
  ["two Syncs", [SYNC, SYNC]],
])("%s", async (_name, rest) => {
  const syncs = rest.filter((frame) => frame === SYNC).length;
  for (const together of [true, false]) {
    const wire = await RawClient.connect(scene.gateway);
    await wire.signIn("alice", scene.database.name);
    const before = (await recordedStatements(scene.gateway)).length;
    const heard: Heard[] = [];
    if (together) wire.socket.write(Buffer.concat([failing, ...rest]));
    else {
      wire.socket.write(Buffer.concat([failing, FLUSH]));
      heard.push(await wire.hear());
      wire.socket.write(Buffer.concat(rest));
    }
    heard.push(...(await wire.hearUntilReady(syncs)));
    expect(heard.map(({ name }) => name)).toEqual([
      "ErrorResponse",
      ...Array.from({ length: syncs }, () => "ReadyForQuery"),
    ]);

    // A statement that was prepared while messages were skipped does not exist.
    wire.socket.write(
      Buffer.concat([
        encodeBind({ portal: "", statement: "s", paramFormats: [], params: [], resultFormats: [] }),
        execute,
        SYNC,
      ]),
    );
    expect((await wire.hearUntilReady())[0]?.text).toContain("26000");

    for (const id of [4713, 4714]) {
      wire.socket.write(point(id));
      const answer = await wire.hearUntilReady();
      expect(answer.map(({ name }) => name)).toEqual(["RowDescription", "DataRow", "CommandComplete", "ReadyForQuery"]);
      expect(answer[1]?.text.slice(0, 2)).toBe("\0\u0001");
    }
    const recorded = (await recordedStatements(scene.gateway)).slice(before);
    expect(recorded.map(({ uses }) => uses[0]?.keys)).toEqual([["4713"], ["4714"]]);
    await wire.hangUp();
  }
});
