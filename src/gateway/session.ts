/**
 * One client, one upstream connection: two sockets, the two directions between them, and the outbox in which protected
 * rows wait for their receipt. Back-pressure goes both ways: whoever cannot be written to stops the other from being read.
 */
import type { Socket } from "node:net";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { EntrySource, GroupBuilder, Ledger, Receipt } from "../ledger/ledger.ts";
import { encodeErrorResponse, fieldsOf } from "../wire/messages/error-response.ts";
import { TERMINATE } from "../wire/messages/empty.ts";
import type { Lease, LeaseWaiter } from "./lease.ts";
import { Outbox } from "./outbox.ts";
import { Requests } from "./requests.ts";
import { Responses } from "./responses.ts";
import type { SessionState } from "./session-state.ts";

export interface SessionOptions {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly state: SessionState;
  readonly ledger: Ledger;
  readonly lease: Lease;
  /** Asks the database to break off what it is doing; resolves when it has heard, and never rejects. */
  readonly cancel: () => Promise<void>;
  /** Called once, when both sockets are done with. */
  readonly ended: (error: WhosawError | undefined) => void;
}

export class Session implements EntrySource, LeaseWaiter {
  readonly #options: SessionOptions;
  readonly #requests: Requests;
  readonly #responses: Responses;
  readonly #outbox: Outbox;
  #ended = false;
  #upstreamGone = false;
  /** The statement whose answer is withheld was broken off; the database is being told. */
  #brokenOff = false;
  #cancelling = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#requests = new Requests(options.state);
    this.#responses = new Responses(options.state);
    this.#outbox = new Outbox({
      write: (pieces) => writeAll(options.client, pieces),
      withheld: ({ code }) => options.state.counters.error(code),
    });
  }

  /**
   * Begins to relay.
   * @param greeting what the client must hear first: what the server said of itself, up to ReadyForQuery
   */
  start(greeting: Buffer): void {
    const { client, upstream } = this.#options;
    client.on("data", (chunk: Buffer) => this.#guard(() => this.#toServer(this.#requests.receive(chunk))));
    upstream.on("data", (chunk: Buffer) => this.#guard(() => this.#fromServer(chunk)));
    client.on("drain", () => this.#regulate());
    upstream.on("drain", () => this.#regulate());
    client.on("error", () => this.#end(undefined));
    client.on("close", () => this.#end(undefined));
    upstream.on("error", () => this.#upstreamLost());
    upstream.on("close", () => this.#upstreamLost());
    client.write(greeting);
    this.#toServer(this.#requests.askSearchPath());
    client.resume();
    upstream.resume();
  }

  /** Ends the session from outside: shutdown, a disabled actor. A client that does not read is not waited for. */
  abort(error: WhosawError): void {
    if (this.#ended) return;
    const { client } = this.#options;
    const late = setTimeout(() => client.destroy(), LIMITS.abortLingerMs);
    client.once("close", () => clearTimeout(late));
    this.#fail(error);
  }

  drain(group: GroupBuilder): void {
    const { state } = this.#options;
    if (!state.hasUnrecorded) return;
    for (const entry of state.entries) group.add(entry);
    state.entries.length = 0;
    const rows = state.unrecorded.size > 0;
    for (const execution of state.unrecorded) execution.drain(group, state.executor);
    state.unrecorded.clear();
    this.#outbox.cover(rows);
  }

  durable(receipt: Receipt): void {
    const { lease } = this.#options;
    this.#guard(() => this.#released(this.#outbox.release(receipt, lease)));
  }

  leaseSettled(): void {
    const { lease } = this.#options;
    this.#guard(() => this.#released(this.#outbox.proceed(lease)));
  }

  failed(error: WhosawError): void {
    this.abort(error);
  }

  /** @param all nothing waits for the lease */
  #released(all: boolean): void {
    if (!all) this.#options.lease.wait(this);
    this.#breakOff();
    if (this.#upstreamGone) this.#upstreamLost();
    else this.#regulate();
  }

  /**
   * Nobody waits for the rest of an answer that is withheld. The database is not read from until it has been told, so that
   * it does not go on to something else meanwhile.
   */
  #breakOff(): void {
    if (!this.#outbox.withholding) this.#brokenOff = false;
    else if (!this.#brokenOff) {
      this.#brokenOff = true;
      this.#cancelling = true;
      void this.#options.cancel().then(() => {
        this.#cancelling = false;
        this.#regulate();
      });
    }
  }

  #toServer(slices: readonly Buffer[]): void {
    const { upstream } = this.#options;
    writeAll(upstream, slices);
    if (this.#requests.terminated) upstream.end();
    this.#regulate();
  }

  #fromServer(chunk: Buffer): void {
    const slices = this.#responses.receive(chunk);
    if (this.#options.state.hasUnrecorded) {
      for (const slice of slices) this.#outbox.hold(slice);
      this.#options.ledger.enlist(this);
    } else {
      for (const slice of slices) this.#outbox.send(slice);
    }
    this.#outbox.whole = this.#responses.betweenMessages;
    if (this.#responses.takeReady()) writeAll(this.#options.upstream, this.#requests.ready());
    this.#toServer(this.#requests.proceed());
  }

  /** Reads from each side only while the other can take more. */
  #regulate(): void {
    if (this.#ended) return;
    const { client, upstream } = this.#options;
    flow(client, !upstream.writableNeedDrain && !this.#requests.stalled);
    flow(upstream, !this.#cancelling && !client.writableNeedDrain && this.#outbox.heldBytes <= LIMITS.heldBytesMax);
  }

  #guard(step: () => void): void {
    if (this.#ended) return;
    try {
      step();
    } catch (error) {
      if (error instanceof WhosawError) this.abort(error);
      else
        this.abort(new WhosawError("INTERNAL", "the gateway ran into a bug and ended this session", { cause: error }));
    }
  }

  #fail(error: WhosawError): void {
    this.#outbox.discard();
    if (this.#outbox.betweenMessages && this.#options.client.writable) {
      this.#options.client.write(encodeErrorResponse(fieldsOf(error, "FATAL")));
    }
    this.#end(error);
  }

  /** The database has gone, perhaps with a last word that still waits for its receipt. */
  #upstreamLost(): void {
    this.#upstreamGone = true;
    if (this.#ended || this.#outbox.heldBytes > 0) return;
    if (this.#requests.terminated || this.#responses.fatal) return this.#end(undefined);
    this.#fail(new WhosawError("UPSTREAM_LOST", "the connection to the database was lost"));
  }

  #end(error: WhosawError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { client, upstream, lease } = this.#options;
    this.#outbox.discard();
    lease.forget(this);
    if (upstream.writable) upstream.end(TERMINATE);
    upstream.destroySoon();
    // Restarted whenever the client takes something.
    client.setTimeout(LIMITS.lingerMs, () => client.destroy());
    client.destroySoon();
    this.#options.ended(error);
  }
}

/** Reads from a socket, or stops reading from it. */
function flow(socket: Socket, flows: boolean): void {
  if (flows !== socket.isPaused()) return;
  if (flows) socket.resume();
  else socket.pause();
}

function writeAll(socket: Socket, slices: readonly Buffer[]): void {
  if (slices.length === 0 || !socket.writable) return;
  if (slices.length === 1) {
    socket.write(slices[0] as Buffer);
    return;
  }
  socket.cork();
  for (const slice of slices) socket.write(slice);
  socket.uncork();
}
