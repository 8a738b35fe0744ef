/** Whoever's address a client received must stand in the ledger: the promise, taken from the bytes. */
import { recordedStatements } from "../e2e/recorded.ts";
import { type Heard, RawClient } from "../rig/raw-client.ts";
import type { TestGateway } from "../rig/gateway.ts";
import type { SupportDatabase } from "../rig/shared.ts";

export class Watch {
  readonly gateway: TestGateway;
  readonly #addresses: ReadonlyMap<string, string>;

  private constructor(gateway: TestGateway, addresses: ReadonlyMap<string, string>) {
    this.gateway = gateway;
    this.#addresses = addresses;
  }

  static async of(gateway: TestGateway, database: SupportDatabase): Promise<Watch> {
    const rows = await database.query("SELECT email, id::text FROM support.customers");
    return new Watch(gateway, new Map(rows.map(({ email, id }) => [String(email), String(id)])));
  }

  /** Subjects whose address is among the bytes. */
  shownIn(heard: readonly Heard[]): string[] {
    const text = heard.map((message) => message.text).join("\n");
    return [...this.#addresses].filter(([email]) => text.includes(email)).map(([, id]) => id);
  }

  /** Subjects among the bytes who are not in the ledger. */
  async unrecordedIn(heard: readonly Heard[]): Promise<string[]> {
    const recorded = new Set(
      (await recordedStatements(this.gateway)).flatMap(({ uses }) => uses.flatMap(({ keys }) => keys)),
    );
    return this.shownIn(heard).filter((id) => !recorded.has(id));
  }

  signIn(database: SupportDatabase, user = "alice"): Promise<RawClient> {
    return RawClient.signedIn(this.gateway, user, database.name);
  }
}
