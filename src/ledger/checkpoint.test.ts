import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { cosign, logSigner, newSeed, openCheckpoint, parseVkey, signCheckpoint, witnessSigner } from "./checkpoint.ts";

const log = logSigner("test.example/gw-1", newSeed());
const witness = witnessSigner("test.example/witness", newSeed());
const checkpoint = { origin: log.name, size: 20_852, root: Buffer.alloc(32, 9) };
const note = signCheckpoint(checkpoint, log) + cosign(checkpoint, witness, Date.UTC(2026, 10, 21));

test("a checkpoint opens with the log's key and with the witness's", () => {
  expect(openCheckpoint(Buffer.from(note), log)).toEqual(checkpoint);
  expect(openCheckpoint(Buffer.from(note), parseVkey(log.vkey))).toEqual(checkpoint);
  expect(openCheckpoint(Buffer.from(note), parseVkey(witness.vkey))).toEqual(checkpoint);
});

test("no changed byte of the signed text passes, and no other key", () => {
  const bytes = Buffer.from(note);
  const textLength = note.indexOf("\n\n") + 1;
  fc.assert(
    fc.property(fc.nat(textLength - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ difference;
      expect(() => openCheckpoint(changed, log)).toThrow(WhosawError);
      expect(() => openCheckpoint(changed, witness)).toThrow(WhosawError);
    }),
  );
  expect(() => openCheckpoint(bytes, logSigner(log.name, newSeed()))).toThrow(WhosawError);
});

test("arbitrary bytes are no checkpoint and no key, with a coded error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, vkey) => {
      expect(() => openCheckpoint(bytes, log)).toThrow(WhosawError);
      expect(() => parseVkey(vkey)).toThrow(WhosawError);
    }),
  );
});

test.each(["", "a b", "a+b", "a\nb", "x".repeat(201)])("refuses the key name %j", (name) => {
  expect(() => logSigner(name, newSeed())).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

// The example of C2SP signed-note: key id and vkey are derived as other implementations do.
test("reads a vkey of another implementation", () => {
  const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const verifier = parseVkey(vkey);
  expect(verifier.vkey).toBe(vkey);
  const signed =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  // Its text is no checkpoint, but its signature is checked first.
  expect(() => openCheckpoint(Buffer.from(signed), verifier)).toThrow(/its size is no number|lines are missing/);
  expect(() => openCheckpoint(Buffer.from(signed.replace("answer", "Answer")), verifier)).toThrow(/has not signed it/);
});
