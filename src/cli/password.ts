/** Where a password comes from: standard input, or a prompt that does not show it. Never an argument: those are public. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Invocation } from "./command.ts";

/** Reads --password-stdin, or asks twice on a terminal. @throws WhosawError USAGE */
export async function readPassword(invocation: Invocation): Promise<string> {
  const password = invocation.flag("password-stdin")
    ? await passwordFromStdin(invocation)
    : await passwordFromPrompt(invocation);
  if (password === "")
    throw new WhosawError("USAGE", "The password is empty.", {
      hint: "Give one of at least 12 characters, or make one with `openssl rand -base64 18`.",
    });
  if (password.includes("\0"))
    throw new WhosawError("USAGE", "The password has a NUL character.", { hint: "Choose another one." });
  return password;
}

async function passwordFromStdin(invocation: Invocation): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of invocation.context.stdin) {
    const buffer = Buffer.from(chunk as Uint8Array | string);
    bytes += buffer.length;
    if (bytes > LIMITS.passwordBytesMax)
      throw new WhosawError("USAGE", `The password is longer than ${LIMITS.passwordBytesMax} bytes.`, {
        hint: "Choose a shorter one.",
      });
    chunks.push(buffer);
  }
  // One line end belongs to `echo`, not to the password.
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/u, "");
}

async function passwordFromPrompt(invocation: Invocation): Promise<string> {
  if (invocation.context.stdin.isTTY !== true || invocation.output.json) {
    throw new WhosawError("USAGE", "A password is needed, and there is no terminal to ask for it.", {
      hint: "Pipe it in and add --password-stdin.",
    });
  }
  const prompts = await import("@clack/prompts");
  const ask = async (message: string): Promise<string> => {
    const answer = await prompts.password({ message, output: invocation.context.stderr });
    if (prompts.isCancel(answer)) throw new WhosawError("USAGE", "Cancelled; nothing was changed.");
    return answer ?? "";
  };
  const password = await ask("Password");
  if (password !== "" && (await ask("Again")) !== password)
    throw new WhosawError("USAGE", "The two passwords differ; nothing was changed.", { hint: "Try again." });
  return password;
}
