/** What most tests of a gateway begin with: a support database of their own, and a gateway before it. */
import { afterAll, beforeAll } from "vitest";
import type { PostgresVersion } from "../../src/embedded-postgres/binaries.ts";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./gateway.ts";
import { type SupportDatabase, supportDatabase } from "./shared.ts";

export interface SceneOptions extends Omit<TestGatewayOptions, "database"> {
  readonly version?: PostgresVersion;
  /** Run in the database before the gateway looks at it. */
  readonly prepare?: string;
}

/** There once the tests run, and gone after them. */
export interface Scene {
  readonly database: SupportDatabase;
  readonly gateway: TestGateway;
}

/** For all tests of the file (or of the `describe`) that calls it. */
export function setScene({ version, prepare, ...options }: SceneOptions = {}): Scene {
  let database: SupportDatabase | undefined;
  let gateway: TestGateway | undefined;

  beforeAll(async () => {
    database = await supportDatabase(version);
    if (prepare !== undefined) await database.query(prepare);
    gateway = await startTestGateway({ ...options, database });
  });

  afterAll(async () => {
    await gateway?.stop();
    await database?.drop();
  });

  return {
    get database() {
      return there(database);
    },
    get gateway() {
      return there(gateway);
    },
  };
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the scene is set when tests run, not before");
  return part;
}
