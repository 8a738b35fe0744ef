/**
 * The server's side of SCRAM-SHA-256, sans-IO. As in PostgreSQL the user name inside the exchange is ignored: the one
 * of the startup packet counts.
 */
import { timingSafeEqual } from "node:crypto";
import { assert } from "../base/assert.ts";
import type { SaslInitialResponse } from "./messages/password.ts";
import {
  CHANNEL_BINDING,
  SCRAM,
  SCRAM_PLUS,
  type ScramVerifier,
  authenticationFailed,
  fromBase64,
  hmac,
  makeNonce,
  messageText,
  sha256,
  xor,
} from "./scram.ts";

/** gs2 header, then the user (ignored), the nonce, extensions (ignored). No authorization identity, none mandatory. */
const CLIENT_FIRST = /^(?:(n|y)|p=([A-Za-z0-9.-]+)),,(n=[^,]*,r=([!-+\--~]+)(?:,[A-Za-z]=[^,]*)*)$/;
const CLIENT_FINAL = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/;

/** The mechanisms to offer, best first. */
export function scramMechanisms(certificateHash: Buffer | undefined): string[] {
  return certificateHash === undefined ? [SCRAM] : [SCRAM_PLUS, SCRAM];
}

export interface ScramServerOptions {
  readonly verifier: ScramVerifier;
  /** Set on a TLS connection (see tls-binding.ts): SCRAM-SHA-256-PLUS was offered. */
  readonly certificateHash?: Buffer | undefined;
  /** The server's part of the nonce; random unless a test says otherwise. */
  readonly nonce?: string;
}

/** One exchange: `first` answers the client's first message, `final` its last. Both throw AUTHENTICATION_FAILED. */
export class ScramServer {
  readonly #verifier: ScramVerifier;
  readonly #certificateHash: Buffer | undefined;
  readonly #serverNonce: string;
  #state: { nonce: string; binding: string; clientFirstBare: string; serverFirst: string } | undefined;

  constructor(options: ScramServerOptions) {
    this.#verifier = options.verifier;
    this.#certificateHash = options.certificateHash;
    this.#serverNonce = options.nonce ?? makeNonce();
  }

  /** @returns the payload of AuthenticationSASLContinue */
  first(response: SaslInitialResponse): Buffer {
    assert(this.#state === undefined, "a second first message");
    const offered = scramMechanisms(this.#certificateHash);
    if (!offered.includes(response.mechanism)) throw authenticationFailed("mechanism not offered");
    if (response.data === undefined) throw authenticationFailed("no first message");
    const match = CLIENT_FIRST.exec(messageText(response.data));
    if (match === null) throw authenticationFailed("malformed first message");

    const [, flag, bindingType, clientFirstBare, clientNonce] = match;
    const nonce = `${clientNonce!}${this.#serverNonce}`;
    const { salt, iterations } = this.#verifier;
    const serverFirst = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
    const binding = this.#binding(response.mechanism, flag, bindingType);
    this.#state = { nonce, binding, clientFirstBare: clientFirstBare!, serverFirst };
    return Buffer.from(serverFirst, "latin1");
  }

  /**
   * What the client's final message must say about the channel, base64.
   *
   * 'n': the client cannot bind; 'y': it could, but thinks that this server cannot, which is a lie of somebody in
   * between if the server did offer it; 'p': it binds.
   */
  #binding(mechanism: string, flag: string | undefined, bindingType: string | undefined): string {
    const certificateHash = this.#certificateHash;
    if (mechanism === SCRAM) {
      if (flag === undefined) throw authenticationFailed("channel binding without PLUS");
      if (flag === "y" && certificateHash !== undefined) throw authenticationFailed("channel binding was stripped");
      return Buffer.from(`${flag},,`).toString("base64");
    }
    assert(certificateHash !== undefined, "PLUS was not offered");
    if (bindingType !== CHANNEL_BINDING) throw authenticationFailed("no channel binding, or another kind");
    return Buffer.concat([Buffer.from(`p=${CHANNEL_BINDING},,`), certificateHash]).toString("base64");
  }

  /** @returns the payload of AuthenticationSASLFinal: the client has proved that it knows the password */
  final(data: Buffer): Buffer {
    const state = this.#state;
    const verifier = this.#verifier;
    assert(state !== undefined, "a final message before the first");
    const match = CLIENT_FINAL.exec(messageText(data));
    if (match === null) throw authenticationFailed("malformed final message");
    const [, withoutProof, binding, nonce, proofText] = match;
    if (nonce !== state.nonce) throw authenticationFailed("another nonce");
    if (binding !== state.binding) throw authenticationFailed("another channel");
    const proof = fromBase64(proofText!);
    if (proof?.length !== verifier.storedKey.length) throw authenticationFailed("malformed proof");

    const authMessage = Buffer.from(`${state.clientFirstBare},${state.serverFirst},${withoutProof!}`, "latin1");
    const key = xor(proof, hmac(verifier.storedKey, authMessage));
    const proved = timingSafeEqual(sha256(key), verifier.storedKey);
    if (!proved || verifier.mock) throw authenticationFailed("wrong password");
    return Buffer.from(`v=${hmac(verifier.serverKey, authMessage).toString("base64")}`, "latin1");
  }
}
