/** Each engine as tests open it, empty. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Columns } from "../columns.ts";
import { type ColumnsOptions, type ColumnsPlace, openColumns } from "../open.ts";
import { serverMissing, startClickhouse } from "./clickhouse-server.ts";

/** A place for columns. */
export interface TestStore {
  readonly place: ColumnsPlace;
  open(options?: ColumnsOptions): Promise<Columns>;
  end(): Promise<void>;
}

interface Engine {
  readonly name: string;
  readonly missing: string | undefined;
  readonly start: () => Promise<TestStore>;
}

export const ENGINES: readonly Engine[] = [
  { name: "chdb", missing: undefined, start: async () => embeddedStore() },
  { name: "clickhouse-server", missing: serverMissing(), start: serverStore },
];

export function embeddedStore(): TestStore {
  const dir = mkdtempSync(join(tmpdir(), "whosaw-columns-"));
  const place = { kind: "embedded", dir } as const;
  return {
    place,
    open: (options) => openColumns(place, options),
    end: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function serverStore(): Promise<TestStore> {
  const { place, kill } = await startClickhouse();
  return { place, open: (options) => openColumns(place, options), end: kill };
}
