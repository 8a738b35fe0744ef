/** The untyped beginning of a client's connection: one packet at a time, before and after the change to TLS. */
import type { Socket } from "node:net";
import { WhosawError } from "../base/errors.ts";
import { type StartupPacket, StartupReader } from "../wire/startup.ts";

/**
 * Reads one packet of a paused socket, and leaves it paused.
 * @returns undefined if the client left before it had sent one (a port check)
 * @throws WhosawError PROTOCOL_VIOLATION, FEATURE_NOT_SUPPORTED as StartupReader; also if plain text follows a request
 *   for encryption, which somebody in between could have put there (CVE-2021-23214)
 */
export function readPacket(socket: Socket): Promise<StartupPacket | undefined> {
  const reader = new StartupReader();
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      socket.pause();
      socket.off("data", onData);
      socket.off("close", onClose);
      action();
    };
    const onClose = (): void => settle(() => resolve(undefined));
    const onData = (chunk: Buffer): void => {
      try {
        const packet = reader.push(chunk);
        if (packet === undefined) return;
        const encrypts = packet.kind === "ssl" || packet.kind === "gssenc";
        if (encrypts && reader.rest.length > 0) throw earlyPlainText();
        settle(() => resolve(packet));
        if (reader.rest.length > 0) socket.unshift(reader.rest);
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    socket.on("data", onData);
    socket.on("close", onClose);
    socket.resume();
  });
}

function earlyPlainText(): WhosawError {
  return new WhosawError("PROTOCOL_VIOLATION", "plain text arrived behind the request for encryption");
}
