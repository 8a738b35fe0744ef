/** The gateway's own connection, on which it reads the catalog: one simple query at a time, made anew when it was lost. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { UpstreamConfig } from "../config/config.ts";
import { textOf } from "../wire/bytes.ts";
import { decodeDataRow } from "../wire/messages/data-row.ts";
import { decodeErrorFields, ERROR_FIELD } from "../wire/messages/error-response.ts";
import { TERMINATE } from "../wire/messages/empty.ts";
import { encodeQuery } from "../wire/messages/query.ts";
import { BACKEND } from "../wire/types.ts";
import { Channel } from "./channel.ts";
import { connectUpstream, type Upstream } from "./upstream.ts";

type Rows = (string | null)[][];

export class CatalogConnection {
  readonly #config: UpstreamConfig;
  #connection: { readonly upstream: Upstream; readonly channel: Channel } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(config: UpstreamConfig) {
    this.#config = config;
  }

  /**
   * Runs one statement and returns its rows in text format, after those asked before.
   * @throws WhosawError UPSTREAM_UNREACHABLE, UPSTREAM_LOST, or CATALOG_MISMATCH with the server's own words
   */
  query(sql: string): Promise<Rows> {
    const result = this.#last.then(() => this.#run(sql));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#connection?.channel.write(TERMINATE);
    this.#drop();
  }

  async #run(sql: string): Promise<Rows> {
    const channel = await this.#channel();
    channel.write(encodeQuery(Buffer.from(sql)));
    // A database that neither answers nor hangs up: the next question goes over a new connection.
    const late = setTimeout(() => this.#drop(), LIMITS.catalogStaleMs);
    try {
      return await answer(channel);
    } catch (error) {
      if (!(error instanceof WhosawError) || error.code !== "CATALOG_MISMATCH") this.#drop();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  async #channel(): Promise<Channel> {
    if (this.#connection === undefined) {
      const upstream = await connectUpstream(this.#config, new Map([["application_name", "whosaw catalog"]]));
      const lost = (): WhosawError =>
        new WhosawError("UPSTREAM_LOST", "the database closed the gateway's own connection");
      const channel = new Channel(upstream.socket, LIMITS.clientMessageBytesMax, lost);
      upstream.socket.on("error", () => this.#drop());
      upstream.socket.on("close", () => this.#drop());
      upstream.socket.resume();
      this.#connection = { upstream, channel };
    }
    return this.#connection.channel;
  }

  #drop(): void {
    this.#connection?.upstream.socket.destroy();
    this.#connection = undefined;
  }
}

async function answer(channel: Channel): Promise<Rows> {
  const rows: Rows = [];
  let failure: WhosawError | undefined;
  for (;;) {
    const { type, buffer, payload, end } = await channel.message();
    if (type === BACKEND.DataRow) {
      rows.push(decodeDataRow(buffer, payload, end).map((value) => (value === null ? null : value.toString("utf8"))));
    } else if (type === BACKEND.ErrorResponse) {
      const message = textOf(decodeErrorFields(buffer, payload, end).get(ERROR_FIELD.message) ?? "unknown error");
      failure = new WhosawError("CATALOG_MISMATCH", `the database refused to show its catalog: ${message}`);
    } else if (type === BACKEND.ReadyForQuery) {
      if (failure !== undefined) throw failure;
      return rows;
    }
  }
}
