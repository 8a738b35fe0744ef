/** The client's side of SCRAM-SHA-256, sans-IO: how the gateway signs in to the protected server. */
import { timingSafeEqual } from "node:crypto";
import { assert } from "../base/assert.ts";
import type { SaslInitialResponse } from "./messages/password.ts";
import {
  CHANNEL_BINDING,
  SCRAM,
  SCRAM_PLUS,
  authenticationFailed,
  clientKey,
  fromBase64,
  hmac,
  isIterations,
  makeNonce,
  messageText,
  saltedPassword,
  serverKey,
  sha256,
  xor,
} from "./scram.ts";

const SERVER_FIRST = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})(?:,[A-Za-z]=[^,]*)*$/;
const SERVER_FINAL = /^v=([A-Za-z0-9+/=]+)(?:,[A-Za-z]=[^,]*)*$/;

export interface ScramClientOptions {
  readonly password: Buffer | string;
  /** As AuthenticationSASL lists them. */
  readonly mechanisms: readonly string[];
  /** Set on a TLS connection (see tls-binding.ts): the channel is bound if the server offers it. */
  readonly certificateHash?: Buffer | undefined;
  /** Random unless a test says otherwise. */
  readonly nonce?: string;
  /** Inside the exchange; PostgreSQL ignores it and goes by the startup packet. */
  readonly user?: string;
}

/** One exchange: `first`, then `respond` to the server's challenge, then `finish`. All throw AUTHENTICATION_FAILED. */
export class ScramClient {
  readonly mechanism: string;
  readonly #password: Buffer | string;
  readonly #nonce: string;
  readonly #clientFirstBare: string;
  readonly #gs2Header: string;
  readonly #bindingData: Buffer;
  #serverSignature: Buffer | undefined;

  constructor(options: ScramClientOptions) {
    const { mechanisms, certificateHash } = options;
    const plus = certificateHash !== undefined && mechanisms.includes(SCRAM_PLUS);
    if (!plus && !mechanisms.includes(SCRAM)) throw authenticationFailed("the server offers no mechanism known here");
    this.mechanism = plus ? SCRAM_PLUS : SCRAM;
    this.#gs2Header = plus ? `p=${CHANNEL_BINDING},,` : certificateHash === undefined ? "n,," : "y,,";
    this.#bindingData = plus ? certificateHash : Buffer.alloc(0);
    this.#password = options.password;
    this.#nonce = options.nonce ?? makeNonce();
    this.#clientFirstBare = `n=${options.user ?? ""},r=${this.#nonce}`;
  }

  /** Mechanism and payload of SASLInitialResponse. */
  first(): SaslInitialResponse {
    return { mechanism: this.mechanism, data: Buffer.from(this.#gs2Header + this.#clientFirstBare, "latin1") };
  }

  /**
   * @param challenge payload of AuthenticationSASLContinue
   * @returns payload of SASLResponse
   */
  async respond(challenge: Buffer): Promise<Buffer> {
    assert(this.#serverSignature === undefined, "a second challenge");
    const serverFirst = messageText(challenge);
    const match = SERVER_FIRST.exec(serverFirst);
    if (match === null) throw authenticationFailed("malformed challenge");
    const nonce = match[1]!;
    const salt = fromBase64(match[2]!);
    const iterations = Number(match[3]);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw authenticationFailed("another nonce");
    if (salt === undefined || salt.length === 0) throw authenticationFailed("malformed salt");
    if (!isIterations(iterations)) throw authenticationFailed("too many iterations");

    const salted = await saltedPassword(this.#password, salt, iterations);
    const binding = Buffer.concat([Buffer.from(this.#gs2Header, "latin1"), this.#bindingData]).toString("base64");
    const withoutProof = `c=${binding},r=${nonce}`;
    const authMessage = Buffer.from(`${this.#clientFirstBare},${serverFirst},${withoutProof}`, "latin1");
    const key = clientKey(salted);
    const proof = xor(key, hmac(sha256(key), authMessage));
    this.#serverSignature = hmac(serverKey(salted), authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString("base64")}`, "latin1");
  }

  /**
   * Checks that the server knows the verifier: without it, anybody could play the server.
   * @param final payload of AuthenticationSASLFinal; AuthenticationOk must not be believed before it
   */
  finish(final: Buffer): void {
    assert(this.#serverSignature !== undefined, "a final message before the challenge");
    const match = SERVER_FINAL.exec(messageText(final));
    const signature = fromBase64(match?.[1] ?? "");
    const proved =
      signature?.length === this.#serverSignature.length && timingSafeEqual(signature, this.#serverSignature);
    if (!proved) throw authenticationFailed("the server did not prove that it knows the password");
  }
}
