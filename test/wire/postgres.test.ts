/** The codec against real servers: sign-in, stored passwords, encodings, rows and COPY. What PostgreSQL writes is the measure. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { CopyStripper } from "../../src/wire/copy-rows.ts";
import { makeVerifier, parseVerifier } from "../../src/wire/scram.ts";
import { sqlText } from "../../src/wire/sqltext.ts";
import { stripCopyResponse, stripDataRow, stripRowDescription } from "../../src/wire/strip.ts";
import { BACKEND } from "../../src/wire/types.ts";
import { startCluster } from "../rig/cluster.ts";
import { sharedServer } from "../rig/shared.ts";
import { SINGLE_BYTE } from "../../src/wire/testing/single-byte.ts";
import { type Heard, RawClient } from "../rig/raw-client.ts";

async function withRole<T>(password: string, run: (user: string) => Promise<T>): Promise<T> {
  const server = await sharedServer();
  const user = `wire_${randomBytes(6).toString("hex")}`;
  await server.query(`CREATE ROLE ${user} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
  try {
    return await run(user);
  } finally {
    await server.query(`DROP ROLE ${user}`);
  }
}

describe("passwords", () => {
  test("verifiers are the ones that PostgreSQL stores, whatever the characters", async () => {
    const server = await sharedServer();
    const tricky = fc.constantFrom(
      "\u00a0",
      "\u00ad",
      "\u200b",
      "\ufb01",
      "\u2168",
      "\u05d0",
      "\u0627",
      "1",
      "a",
      "\u00aa",
      "\u0007",
      "\u0378",
      "\u{1f600}",
      "\u0340",
    );
    const password = fc.string({
      unit: fc.oneof(tricky, fc.string({ unit: "binary", minLength: 1, maxLength: 1 })),
      minLength: 1,
      maxLength: 4,
    });
    await withRole("x", (user) =>
      fc.assert(
        fc.asyncProperty(password, async (text) => {
          fc.pre(!text.includes("\0"));
          await server.query(`ALTER ROLE ${user} PASSWORD ${pg.escapeLiteral(text)}`);
          const [row] = await server.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [user]);
          const stored = String(row!.rolpassword);
          const { iterations, salt } = parseVerifier(stored);
          expect(await makeVerifier(text, { iterations, salt })).toBe(stored);
        }),
        { numRuns: 30 },
      ),
    );
  });

  test("PostgreSQL takes a verifier made here, and lets its owner in", async () => {
    const server = await sharedServer();
    await withRole(await makeVerifier("gru\u00df\u00a0gott"), async (user) => {
      const client = await RawClient.signedIn(server, user, "postgres", { password: "gru\u00df gott" });
      expect(client.mechanism).toBe("SCRAM-SHA-256");
      await client.close();
      const wrong = RawClient.signedIn(server, user, "postgres", { password: "guess" });
      await expect(wrong).rejects.toThrow("28P01");
    });
  });

  test.each([14, 18] as const)("over TLS the channel to PostgreSQL %i is bound", async (version) => {
    const cluster = await startCluster({ version, tls: true });
    try {
      await cluster.query("CREATE ROLE someone LOGIN PASSWORD 'right'");
      const client = await RawClient.signedIn(cluster, "someone", "postgres", { password: "right", tls: true });
      expect(client.mechanism).toBe("SCRAM-SHA-256-PLUS");
      await client.close();
    } finally {
      await cluster.stop();
    }
  });

  test("md5, where the server has nothing better", async () => {
    const cluster = await startCluster({ auth: "md5" });
    try {
      await cluster.query("CREATE ROLE someone LOGIN PASSWORD 'right'");
      const client = await RawClient.signedIn(cluster, "someone", "postgres", { password: "right" });
      expect(client.mechanism).toBe("md5");
      await client.close();
    } finally {
      await cluster.stop();
    }
  });
});

test.each(SINGLE_BYTE)("statements in %s are read as PostgreSQL reads them", async (encoding) => {
  const server = await sharedServer();
  const client = new pg.Client(server.superuserUrl);
  await client.connect();
  try {
    await client.query(`CREATE FUNCTION pg_temp.utf8(one bytea, encoding name) RETURNS bytea LANGUAGE plpgsql AS $$
      BEGIN RETURN convert(one, encoding, 'UTF8'); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`);
    const { rows } = await client.query<{ byte: number; utf8: Buffer | null }>(
      "SELECT byte, pg_temp.utf8(set_byte('\\x00', 0, byte), $1) AS utf8 FROM generate_series(128, 255) byte",
      [encoding],
    );
    const known = rows.filter(({ utf8 }) => utf8 !== null);
    expect(known.length).toBeGreaterThan(70);
    for (const { byte, utf8 } of known)
      expect(sqlText(Buffer.of(byte), encoding).text, `byte ${byte}`).toBe(utf8?.toString());
  } finally {
    await client.end();
  }
});

/** Values that every format has to quote or escape; `key` is the companion. */
const ROWS = `(VALUES
  (1, E'plain', '4711'), (2, E'tab\\there', '=616c696365'), (3, E'new\\nline\\r', '{1,2,3}'), (4, NULL, NULL), (5, '', ''),
  (6, E'back\\\\slash \\\\N "quoted", it''s', '123e4567-e89b-12d3-a456-426614174000'), (7, E'\\\\.', '-5'), (8, E'\\x01\\x7f|;=-', '{}')
) AS t (id, said, key)`;
const KEYS = ["4711", "=616c696365", "{1,2,3}", null, "", "123e4567-e89b-12d3-a456-426614174000", "-5", "{}"];

async function asRole<T>(run: (client: RawClient) => Promise<T>): Promise<T> {
  const server = await sharedServer();
  return withRole("secret", async (user) => {
    const client = await RawClient.signedIn(server, user, "postgres", { password: "secret" });
    try {
      return await run(client);
    } finally {
      await client.close();
    }
  });
}

const joined = (messages: readonly Pick<Heard, "bytes">[]): string =>
  Buffer.concat(messages.map(({ bytes }) => bytes)).toString("latin1");

class Keys {
  readonly all: (string | null)[] = [];
  collect(_index: number, buffer: Buffer, from: number, to: number): void {
    this.all.push(to === -1 ? null : buffer.toString("latin1", from, to));
  }
}

describe("a stripped result is, byte for byte, the one without companions", () => {
  test("rows", () =>
    asRole(async (client) => {
      const plain = await client.query(`SELECT id, said FROM ${ROWS}`);
      const hidden = await client.query(`SELECT id, said, key FROM ${ROWS}`);
      const keys = new Keys();
      const stripped = hidden.map(({ type, bytes }) => {
        let end = bytes.length;
        if (type === BACKEND.RowDescription) end = stripRowDescription(bytes, 0, end, 2, 1, 0);
        if (type === BACKEND.DataRow) end = stripDataRow(bytes, 0, end, 2, 1, 0, keys);
        return { type, bytes: bytes.subarray(0, end) };
      });
      expect(joined(stripped)).toBe(joined(plain));
      expect(keys.all).toEqual(KEYS);
    }));

  const text = { format: "text", delimiter: 0x09, quote: 0x22, escape: 0x22, header: false, nullText: "\\N" } as const;
  const csv = { ...text, format: "csv", delimiter: 0x2c, nullText: "" } as const;
  test.each([
    ["FORMAT text", text],
    ["FORMAT text, HEADER", { ...text, header: true }],
    ["FORMAT text, DELIMITER '|', NULL 'none at all'", { ...text, delimiter: 0x7c, nullText: "none at all" }],
    ["FORMAT text, DELIMITER '-'", { ...text, delimiter: 0x2d }],
    ["FORMAT text, DELIMITER '='", { ...text, delimiter: 0x3d }],
    ["FORMAT text, DELIMITER ','", { ...text, delimiter: 0x2c }],
    ["FORMAT csv", csv],
    ["FORMAT csv, HEADER", { ...csv, header: true }],
    ["FORMAT csv, FORCE_QUOTE *", csv],
    ["FORMAT csv, DELIMITER '-', NULL '4711'", { ...csv, delimiter: 0x2d, nullText: "4711" }],
    ["FORMAT csv, DELIMITER '1', QUOTE '''', ESCAPE '\\'", { ...csv, delimiter: 0x31, quote: 0x27, escape: 0x5c }],
    ["FORMAT csv, QUOTE '=', ESCAPE 'a'", { ...csv, quote: 0x3d, escape: 0x61 }],
    ["FORMAT csv, QUOTE '{', FORCE_QUOTE *", { ...csv, quote: 0x7b, escape: 0x7b }],
    ["FORMAT binary", { ...text, format: "binary" }],
  ] as const)("COPY (%s)", (options, format) =>
    asRole(async (client) => {
      const plain = await client.query(`COPY (SELECT id, said FROM ${ROWS}) TO STDOUT (${options})`);
      const hidden = await client.query(`COPY (SELECT id, said, key FROM ${ROWS}) TO STDOUT (${options})`);
      const keys = new Keys();
      const stripper = new CopyStripper(format, 2, 1);
      let rows = 0;
      const stripped = hidden.map(({ type, bytes }) => {
        let end = bytes.length;
        if (type === BACKEND.CopyOutResponse) end = stripCopyResponse(bytes, 0, end, 2, 1, 0);
        if (type === BACKEND.CopyData) {
          end = stripper.strip(bytes, 0, end, 0, keys);
          if (stripper.row) rows++;
        }
        return { type, bytes: bytes.subarray(0, end) };
      });
      expect(joined(stripped)).toBe(joined(plain));
      expect(keys.all).toEqual(KEYS);
      expect(rows).toBe(KEYS.length);
    }),
  );

  test("COPY of no rows, and of no columns", () =>
    asRole(async (client) => {
      for (const format of ["text", "csv", "binary"] as const) {
        const none = await client.query(`COPY (SELECT id, key FROM ${ROWS} WHERE false) TO STDOUT (FORMAT ${format})`);
        const stripper = new CopyStripper({ ...text, format }, 1, 1);
        const data = none.filter(({ type }) => type === BACKEND.CopyData);
        for (const { bytes } of data) expect(stripper.strip(bytes, 0, bytes.length, 0, new Keys())).toBe(bytes.length);
        expect([data.length > 0, stripper.row]).toEqual([format === "binary", false]);

        const keys = new Keys();
        const only = new CopyStripper(format === "csv" ? csv : { ...text, format }, 0, 1);
        for (const { type, bytes } of await client.query(
          `COPY (SELECT key FROM ${ROWS}) TO STDOUT (FORMAT ${format})`,
        )) {
          if (type === BACKEND.CopyData) only.strip(bytes, 0, bytes.length, 0, keys);
        }
        expect(keys.all).toEqual(KEYS);
      }
    }));
});
