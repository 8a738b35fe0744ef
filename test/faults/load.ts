/**
 * Clients that read all the time, each in its own way, and note the subject of every row as soon as its bytes have
 * arrived, whole or in part. Each comes from a loopback address of its own, so that the ledger tells them apart.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Random } from "../../sim/support-database/random.ts";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { SYNC } from "../../src/wire/messages/empty.ts";
import { AGENT_PASSWORD } from "../rig/gateway.ts";

export interface Customers {
  readonly first: number;
  readonly count: number;
}

export interface LoadClient {
  readonly name: string;
  readonly address: string;
  readonly actor: "alice" | "helpdesk";
  /** `TABLE KEY` of everything received; text keys as they are. */
  readonly received: Set<string>;
  /** Rows received. */
  rows: number;
  /** Resolves when the connection is gone; rejects if it ended for another reason than the gateway's end. */
  done: Promise<void>;
}

type Work = (client: pg.Client, note: (table: string, key: unknown) => void, random: Random) => Promise<void>;

const CUSTOMERS = "support.customers";
const TICKETS = "support.tickets";

/** One query whose rows are noted one by one as they come. */
function rowsOf(client: pg.Client, config: pg.QueryConfig, row: (row: Record<string, unknown>) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query(config);
    query.on("row", row);
    query.on("end", () => resolve());
    query.on("error", reject);
    client.query(query);
  });
}

const anyCustomer = (random: Random, customers: Customers): number =>
  random.between(customers.first, customers.first + customers.count - 1);

const WORKS: Readonly<Record<string, (customers: Customers) => Work>> = {
  points: (customers) => async (client, note, random) => {
    const config = { name: "point", text: "SELECT id, name, email FROM support.customers WHERE id = $1" };
    await rowsOf(client, { ...config, values: [anyCustomer(random, customers)] }, (row) => note(CUSTOMERS, row["id"]));
  },
  simple: (customers) => async (client, note, random) => {
    const id = anyCustomer(random, customers);
    await rowsOf(client, { text: `SELECT id, phone FROM support.customers WHERE id IN (${id}, ${id + 1})` }, (row) =>
      note(CUSTOMERS, row["id"]),
    );
  },
  joins: (customers) => async (client, note, random) => {
    const text =
      "SELECT c.id AS c, c.name, t.customer_id AS t, t.subject FROM support.customers c LEFT JOIN support.tickets t ON t.customer_id = c.id WHERE c.id BETWEEN $1 AND $1 + 20";
    await rowsOf(client, { text, values: [anyCustomer(random, customers)] }, (row) => {
      note(CUSTOMERS, row["c"]);
      if (row["t"] !== null) note(TICKETS, row["t"]);
    });
  },
  cursor: () => async (client, note) => {
    await client.query("BEGIN; DECLARE c CURSOR FOR SELECT customer_id, subject FROM support.tickets ORDER BY id");
    for (let more = true; more;) {
      more = false;
      await rowsOf(client, { text: "FETCH 25 FROM c" }, (row) => {
        more = true;
        note(TICKETS, row["customer_id"]);
      });
    }
    await client.query("COMMIT");
  },
  notes: () => async (client, note) => {
    await rowsOf(client, { text: "SELECT external_id, body FROM support.notes ORDER BY id" }, (row) =>
      note("support.notes", row["external_id"]),
    );
  },
  bulk: () => async (client, note) => {
    await rowsOf(
      client,
      { text: "SELECT id, name, repeat('x', 1000) AS pad FROM support.customers ORDER BY id" },
      (row) => note(CUSTOMERS, row["id"]),
    );
  },
  copy: () => async (client, note) => {
    const stream = client.query(
      copyTo("COPY (SELECT id, name, repeat('x', 300) FROM support.customers ORDER BY id) TO STDOUT"),
    );
    let line = "";
    stream.on("data", (chunk: Buffer) => {
      const lines = (line + chunk.toString("utf8")).split("\n");
      line = lines.pop() ?? "";
      for (const row of lines) note(CUSTOMERS, row.split("\t")[0]);
    });
    await once(stream, "end");
  },
};

const KINDS = [...Object.keys(WORKS), "pipeline"] as const;

/** How many clients {@link startLoad} starts. */
export const LOAD_CLIENTS = KINDS.length * 2;

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly customers: Customers;
  /** Every client draws from a stream of its own. */
  readonly random: (client: number) => Random;
  /** The loopback address for a client. */
  readonly address: (client: number) => string;
  /** Called for every row of any client. */
  readonly onRow: () => void;
}

/** Two clients of each kind, all at work when the promise resolves. */
export async function startLoad(options: LoadOptions): Promise<LoadClient[]> {
  return Promise.all(
    Array.from({ length: LOAD_CLIENTS }, (_, i) => {
      const name = KINDS[i % KINDS.length] ?? "";
      const client: LoadClient = {
        name,
        address: options.address(i),
        actor: i % 2 === 0 ? "alice" : "helpdesk",
        received: new Set(),
        rows: 0,
        done: Promise.resolve(),
      };
      const note = (table: string, key: unknown): void => {
        client.received.add(`${table} ${String(key)}`);
        client.rows += 1;
        options.onRow();
      };
      return name === "pipeline"
        ? runPipeline(client, note, options)
        : runDriver(client, note, options, options.random(i));
    }),
  );
}

/** What a client may be told by a gateway that was killed: nothing but the end of the connection. */
const ENDED = /Connection terminated|ECONNRESET|EPIPE|socket hang up|premature/iu;

async function runDriver(
  load: LoadClient,
  note: (table: string, key: unknown) => void,
  options: LoadOptions,
  random: Random,
): Promise<LoadClient> {
  const { socket, client } = await clientFrom(load, options);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await client.connect();
  const work = WORKS[load.name]?.(options.customers);
  if (work === undefined) throw new Error(`no work of the name ${load.name}`);
  load.done = (async () => {
    try {
      while (!socket.destroyed) await Promise.race([work(client, note, random), closed]);
    } catch (error) {
      if (!ENDED.test(String(error))) throw new Error(`${load.name} failed before the gateway did`, { cause: error });
    }
    await closed;
  })();
  load.done.catch(() => undefined);
  return load;
}

/** A client of pg from the address by which the ledger tells it from the others; not signed in yet. */
async function clientFrom(load: LoadClient, options: LoadOptions): Promise<{ socket: Socket; client: pg.Client }> {
  const socket = connect({ host: options.host, port: options.port, localAddress: load.address });
  await once(socket, "connect");
  const client = new pg.Client({
    user: load.actor,
    password: AGENT_PASSWORD,
    database: options.database,
    stream: () => alreadyConnected(socket),
  });
  client.on("error", () => undefined);
  return { socket, client };
}

/** pg connects its stream itself; this one has a local address and is connected already. */
function alreadyConnected(socket: Socket): Socket {
  socket.connect = () => {
    queueMicrotask(() => socket.emit("connect"));
    return socket;
  };
  return socket;
}

/** Many executions on their way at once, and rows counted from the first bytes of their key: what a parser would drop. */
async function runPipeline(
  load: LoadClient,
  note: (table: string, key: unknown) => void,
  options: LoadOptions,
): Promise<LoadClient> {
  const { socket, client } = await clientFrom(load, options);
  await client.connect();
  socket.removeAllListeners("data");
  let at = 0;
  const batch = (): Buffer => {
    const frames = [encodeParse("", Buffer.from("SELECT id, name FROM support.customers WHERE id >= $1 LIMIT 3"), [])];
    for (let i = 0; i < 20; i++, at = (at + 3) % options.customers.count) {
      frames.push(
        encodeBind({
          portal: "",
          statement: "",
          paramFormats: [],
          params: [Buffer.from(String(options.customers.first + at))],
          resultFormats: [],
        }),
      );
      frames.push(encodeExecute({ portal: "", maxRows: 0 }));
    }
    return Buffer.concat([...frames, SYNC]);
  };
  let rest: Buffer = Buffer.alloc(0);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      if (rest[0] === 0x44) note(CUSTOMERS, firstColumn(rest));
      if (rest[0] === 0x5a) socket.write(batch());
      if (rest[0] === 0x45) throw new Error(`an error in the pipeline: ${rest.toString("latin1", 5, end)}`);
      rest = rest.subarray(end);
    }
  });
  load.done = closed.then(() => {
    const key = rest[0] === 0x44 ? firstColumn(rest) : undefined;
    if (key !== undefined) note(CUSTOMERS, key);
  });
  socket.write(batch());
  socket.write(batch());
  return load;
}

/** The first column of a DataRow of which perhaps not everything has come. */
function firstColumn(row: Buffer): string | undefined {
  if (row.length < 11) return undefined;
  const end = 11 + row.readInt32BE(7);
  return row.length < end ? undefined : row.toString("latin1", 11, end);
}
