import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { ScramClient } from "./scram-client.ts";
import { ScramServer, scramMechanisms } from "./scram-server.ts";
import { makeVerifier, md5Password, mockVerifier, parseVerifier } from "./scram.ts";

const SALT = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const HASH = Buffer.alloc(32, 7);

function failure(run: () => unknown): WhosawError {
  try {
    run();
  } catch (error) {
    if (error instanceof WhosawError) return error;
    throw error;
  }
  throw new Error("did not fail");
}

async function exchange(
  clientPassword: string | Buffer,
  serverPassword: string | Buffer,
  hashes: { client?: Buffer; server?: Buffer; offered?: string[] } = {},
): Promise<void> {
  const verifier = parseVerifier(await makeVerifier(serverPassword, { iterations: 2 }));
  const server = new ScramServer({ verifier, certificateHash: hashes.server });
  const mechanisms = hashes.offered ?? scramMechanisms(hashes.server);
  const client = new ScramClient({ password: clientPassword, mechanisms, certificateHash: hashes.client });
  client.finish(server.final(await client.respond(server.first(client.first()))));
}

const REFUSED = { code: "AUTHENTICATION_FAILED", sqlstate: "28P01" };

describe("vector of RFC 7677", () => {
  test("client and server say what the RFC says", async () => {
    const client = new ScramClient({
      password: "pencil",
      mechanisms: ["SCRAM-SHA-256"],
      nonce: "rOprNGfwEbeRWgbNEkqO",
      user: "user",
    });
    const verifier = parseVerifier(await makeVerifier("pencil", { iterations: 4096, salt: SALT }));
    const server = new ScramServer({ verifier, nonce: SERVER_NONCE });

    const first = client.first();
    expect(first.data?.toString()).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    const challenge = server.first(first);
    expect(challenge.toString()).toBe(
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    );
    const response = await client.respond(challenge);
    expect(response.toString()).toBe(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    const final = server.final(response);
    expect(final.toString()).toBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    client.finish(final);
  });
});

describe("an exchange", () => {
  test("succeeds with the password, and fails without", async () => {
    await exchange("correct horse", "correct horse");
    await expect(exchange("wrong", "correct horse")).rejects.toMatchObject(REFUSED);
  });

  test("prepares passwords: a no-break space is a space, a ligature its letters, bad UTF-8 stays", async () => {
    await exchange("a\u00a0b", "a b".normalize() + "\u00ad");
    await exchange("\ufb01x\u00e9", "fix\u00e9");
    await exchange(Buffer.from([0xff, 0x61]), Buffer.from([0xff, 0x61]));
    await expect(exchange(Buffer.from([0xff, 0x61]), Buffer.from([0xfe, 0x61]))).rejects.toMatchObject(REFUSED);
  });

  test("binds the channel, and notices another certificate or a stripped offer", async () => {
    await exchange("x", "x", { client: HASH, server: HASH });
    await exchange("x", "x", { server: HASH });
    await exchange("x", "x", { client: HASH });
    await expect(exchange("x", "x", { client: Buffer.alloc(32, 8), server: HASH })).rejects.toMatchObject(REFUSED);
    await expect(exchange("x", "x", { client: HASH, server: HASH, offered: ["SCRAM-SHA-256"] })).rejects.toMatchObject(
      REFUSED,
    );
  });

  test("an unknown user gets a steady salt, a challenge like any other, and the same error", async () => {
    const secret = Buffer.alloc(32, 1);
    const server = (user: string): ScramServer =>
      new ScramServer({ verifier: mockVerifier(user, secret), nonce: SERVER_NONCE });
    const client = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"] });
    const one = server("nobody");
    const challenge = one.first(client.first());
    expect(challenge.equals(server("nobody").first(client.first()))).toBe(true);
    expect(challenge.equals(server("noone").first(client.first()))).toBe(false);
    expect(challenge.toString()).toMatch(/^r=[^,]+,s=[A-Za-z0-9+/]{22}==,i=4096$/);
    const response = await client.respond(challenge);
    const unknown = failure(() => one.final(response));
    const real = new ScramServer({ verifier: parseVerifier(await makeVerifier("y")), nonce: SERVER_NONCE });
    const second = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"] });
    const wrongResponse = await second.respond(real.first(second.first()));
    const wrong = failure(() => real.final(wrongResponse));
    expect([unknown.code, unknown.message, unknown.hint]).toEqual([wrong.code, wrong.message, wrong.hint]);
  });

  test("a client does not believe a server without the verifier", async () => {
    const verifier = parseVerifier(await makeVerifier("x", { iterations: 1 }));
    const client = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"] });
    await client.respond(new ScramServer({ verifier }).first(client.first()));
    for (const final of ["", "v=", "e=other-error", `v=${Buffer.alloc(32).toString("base64")}`]) {
      expect(failure(() => client.finish(Buffer.from(final))).code).toBe("AUTHENTICATION_FAILED");
    }
  });
});

describe("messages that are not right", () => {
  const verifier = mockVerifier("u", Buffer.alloc(32));

  test.each([
    ["no mechanism known", "SCRAM-SHA-1", "n,,n=,r=abc"],
    ["PLUS without TLS", "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc"],
    ["binding without PLUS", "SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=abc"],
    ["an authorization identity", "SCRAM-SHA-256", "n,a=admin,n=,r=abc"],
    ["a mandatory extension", "SCRAM-SHA-256", "n,,m=x,n=,r=abc"],
    ["an empty nonce", "SCRAM-SHA-256", "n,,n=,r="],
    ["a nonce that is not printable", "SCRAM-SHA-256", "n,,n=,r=a b"],
    ["nothing", "SCRAM-SHA-256", ""],
    ["too many bytes", "SCRAM-SHA-256", `n,,n=,r=${"a".repeat(LIMITS.authMessageBytesMax)}`],
  ])("%s", (_, mechanism, data) => {
    expect(failure(() => new ScramServer({ verifier }).first({ mechanism, data: Buffer.from(data) }))).toMatchObject(
      REFUSED,
    );
  });

  test.each([
    ["could bind and thinks that it was not offered (RFC 5802, section 6)", "SCRAM-SHA-256", "y,,n=,r=abc"],
    ["binds, under the mechanism that does not", "SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=abc"],
    ["does not bind, under the mechanism that does", "SCRAM-SHA-256-PLUS", "n,,n=,r=abc"],
    ["thinks that it was not offered, under the mechanism that does", "SCRAM-SHA-256-PLUS", "y,,n=,r=abc"],
    ["binds to something else", "SCRAM-SHA-256-PLUS", "p=tls-unique,,n=,r=abc"],
    ["names no binding", "SCRAM-SHA-256-PLUS", "p=,,n=,r=abc"],
  ])("where PLUS was offered, a client that %s", (_, mechanism, data) => {
    const server = new ScramServer({ verifier, certificateHash: HASH });
    expect(failure(() => server.first({ mechanism, data: Buffer.from(data) }))).toMatchObject(REFUSED);
  });

  test.each([
    ["not extended", "abc"],
    ["extended by something else", "abcxyz"],
    ["a part of the server's", `abc${SERVER_NONCE.slice(0, -1)}`],
    ["longer than the server's", `abc${SERVER_NONCE}x`],
    ["of another client", `abd${SERVER_NONCE}`],
  ])("a nonce that is %s, on either side", async (_, nonce) => {
    const server = new ScramServer({ verifier, nonce: SERVER_NONCE });
    server.first({ mechanism: "SCRAM-SHA-256", data: Buffer.from("n,,n=,r=abc") });
    const proof = Buffer.alloc(32).toString("base64");
    const final = failure(() => server.final(Buffer.from(`c=biws,r=${nonce},p=${proof}`)));
    expect(String(final.cause)).toContain("another nonce");
    if (nonce.startsWith("abc") && nonce !== "abc") return;
    const client = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"], nonce: "abc" });
    await expect(client.respond(Buffer.from(`r=${nonce},s=AAAA,i=4096`))).rejects.toMatchObject(REFUSED);
  });

  test.each([
    ["without the channel, where it was bound", "p=tls-server-end-point,,", "biws"],
    ["that says y, where n was said", "n,,", "eSws"],
    ["with another header than before", "p=tls-server-end-point,,", Buffer.from("p=tls-unique,,").toString("base64")],
    [
      "with another certificate",
      "p=tls-server-end-point,,",
      Buffer.concat([Buffer.from("p=tls-server-end-point,,"), Buffer.alloc(32, 8)]).toString("base64"),
    ],
    [
      "with half of the certificate's hash",
      "p=tls-server-end-point,,",
      Buffer.concat([Buffer.from("p=tls-server-end-point,,"), HASH.subarray(0, 16)]).toString("base64"),
    ],
  ])("a final message %s", (_, header, binding) => {
    const mechanism = header.startsWith("p") ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
    const server = new ScramServer({ verifier, certificateHash: HASH, nonce: SERVER_NONCE });
    server.first({ mechanism, data: Buffer.from(`${header}n=,r=abc`) });
    const proof = Buffer.alloc(32).toString("base64");
    const final = failure(() => server.final(Buffer.from(`c=${binding},r=abc${SERVER_NONCE},p=${proof}`)));
    expect(String(final.cause)).toContain("another channel");
  });

  test("any bytes, on either side, end in the same coded error", async () => {
    const scramLike = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(
          fc.constantFrom(
            "n,,",
            "y,,",
            "n=",
            "r=",
            "c=",
            "biws",
            "p=",
            "s=",
            "i=",
            "v=",
            ",",
            "=",
            "9".repeat(12),
            "abc",
          ),
        )
        .map((parts) => Buffer.from(parts.join(""))),
    );
    await fc.assert(
      fc.asyncProperty(scramLike, scramLike, async (a, b) => {
        const server = new ScramServer({ verifier });
        try {
          server.first({ mechanism: "SCRAM-SHA-256", data: a });
        } catch (error) {
          expect(error).toMatchObject(REFUSED);
          server.first({ mechanism: "SCRAM-SHA-256", data: Buffer.from("n,,n=,r=abc") });
        }
        expect(failure(() => server.final(b))).toMatchObject(REFUSED);
        const client = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"] });
        await expect(client.respond(a)).rejects.toMatchObject(REFUSED);
      }),
      { numRuns: 300 },
    );
  });

  test("a server cannot make the client work for ever", async () => {
    const client = new ScramClient({ password: "x", mechanisms: ["SCRAM-SHA-256"], nonce: "abc" });
    for (const count of [LIMITS.scramIterationsMax + 1, 0, "-1", "1e3", "", "4096x", "99999999999999999999"]) {
      const challenge = Buffer.from(`r=abcdef,s=AAAA,i=${count}`);
      await expect(client.respond(challenge)).rejects.toMatchObject(REFUSED);
    }
  });

  test.each(["", "md5abc", "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA", "SCRAM-SHA-256$0:AAAA$AAAA:AAAA"])(
    "verifier %j",
    (text) => {
      expect(failure(() => parseVerifier(text)).code).toBe("CONFIG_INVALID");
    },
  );
});

test("md5 is what PostgreSQL computes", () => {
  expect(md5Password("alice", "secret", Buffer.from([1, 2, 3, 4]))).toBe("md598a0412b9c31436fc53776e863350083");
});
