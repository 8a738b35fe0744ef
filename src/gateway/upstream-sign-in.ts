/** The gateway's sign-in to the protected database: SCRAM, md5, cleartext inside TLS, or a certificate. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { unreachable } from "../base/assert.ts";
import { WhosawError } from "../base/errors.ts";
import type { UpstreamConfig } from "../config/config.ts";
import { type Authentication, decodeAuthentication } from "../wire/messages/authentication.ts";
import { decodeErrorFields } from "../wire/messages/error-response.ts";
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from "../wire/messages/password.ts";
import { md5Password } from "../wire/scram.ts";
import { ScramClient } from "../wire/scram-client.ts";
import { endPointHash } from "../wire/tls-binding.ts";
import { BACKEND } from "../wire/types.ts";
import type { Channel } from "./channel.ts";
import { UpstreamRefused } from "./upstream-refused.ts";

/** Answers what the server asks for, until it says that it is satisfied. @throws WhosawError */
export async function signIn(channel: Channel, socket: Socket, config: UpstreamConfig): Promise<void> {
  let scram: ScramClient | undefined;
  let proved = true;
  for (;;) {
    const asked = await question(channel);
    switch (asked.kind) {
      case "ok":
        // A server that asked for SCRAM and skips its own proof is not the one that knows the password.
        if (!proved) throw refusedSignIn("it did not prove that it knows the password");
        return;
      case "cleartext":
        if (!(socket instanceof TLSSocket)) throw refusedSignIn("it asks for the password in the clear, without TLS");
        channel.write(encodePassword(Buffer.from(password(config))));
        break;
      case "md5":
        channel.write(encodePassword(Buffer.from(md5Password(config.user, password(config), asked.salt))));
        break;
      case "sasl":
        scram = new ScramClient({
          password: password(config),
          mechanisms: asked.mechanisms,
          certificateHash: serverCertificateHash(socket),
        });
        proved = false;
        channel.write(encodeSaslInitialResponse(scram.first()));
        break;
      case "sasl-continue":
        if (scram === undefined) throw refusedSignIn("it broke off its own sign-in");
        channel.write(encodeSaslResponse(await scram.respond(Buffer.from(asked.data))));
        break;
      case "sasl-final":
        if (scram === undefined) throw refusedSignIn("it broke off its own sign-in");
        scram.finish(Buffer.from(asked.data));
        proved = true;
        break;
      case "unsupported":
        throw refusedSignIn("it asks for a kind of sign-in that the gateway does not speak (GSSAPI or SSPI)");
      default:
        unreachable(asked);
    }
  }
}

async function question(channel: Channel): Promise<Authentication> {
  for (;;) {
    const { type, buffer, payload, end } = await channel.message();
    if (type === BACKEND.Authentication) return decodeAuthentication(buffer, payload, end);
    if (type === BACKEND.ErrorResponse) throw new UpstreamRefused(decodeErrorFields(buffer, payload, end));
    if (type !== BACKEND.NegotiateProtocolVersion && type !== BACKEND.NoticeResponse) {
      throw refusedSignIn("it sent a message that does not belong into a sign-in");
    }
  }
}

function password(config: UpstreamConfig): string {
  if (config.password === undefined) throw refusedSignIn("it asks for a password, and upstream.url has none");
  return config.password;
}

function serverCertificateHash(socket: Socket): Buffer | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : endPointHash(certificate.raw);
}

function refusedSignIn(why: string): WhosawError {
  return new WhosawError("UPSTREAM_UNREACHABLE", `no sign-in to the database: ${why}`, {
    hint: "check upstream.url in whosaw.yaml and the database's pg_hba.conf",
  });
}
