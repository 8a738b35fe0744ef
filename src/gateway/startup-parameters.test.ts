import { describe, expect, test } from "vitest";
import type { StartupMessage } from "../wire/startup.ts";
import { upstreamParameters } from "./startup-parameters.ts";

const startup = (parameters: Record<string, string>, replication = false): StartupMessage => ({
  kind: "startup",
  minor: 0,
  parameters: new Map(Object.entries({ user: "alice", database: "support", ...parameters })),
  protocolOptions: [],
  replication,
});

test("settings pass, and the actor's role comes last", () => {
  const passed = upstreamParameters(startup({ application_name: "psql", options: "-c geqo=off" }), {
    upstreamRole: "help desk",
    migrate: false,
  });
  expect([...passed]).toEqual([
    ["application_name", "psql"],
    ["options", "-c geqo=off -c role=help\\ desk"],
  ]);
});

describe("refused", () => {
  test.each([
    [{ role: "postgres" }],
    [{ ROLE: "postgres" }],
    [{ session_authorization: "postgres" }],
    [{ standard_conforming_strings: "off" }],
    [{ options: "-c role=postgres" }],
    [{ options: "--role=postgres" }],
    [{ options: "-c standard-conforming-strings=off" }],
    [{ options: "-c geqo=off -cROLE=postgres" }],
  ])("%j", (parameters: Record<string, string>) => {
    expect(() => upstreamParameters(startup(parameters), { upstreamRole: "agent", migrate: false })).toThrow(
      expect.objectContaining({ code: "REFUSED" }),
    );
  });

  test("replication", () => {
    expect(() => upstreamParameters(startup({}, true), { upstreamRole: undefined, migrate: false })).toThrow(
      expect.objectContaining({ code: "FEATURE_NOT_SUPPORTED" }),
    );
  });
});
