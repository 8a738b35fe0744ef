/** The whosaw.yaml of a simulated company: that of its support database, and the table that its pages are made from. */
import { supportConfig, type SupportConfigOptions } from "../support-database/config.ts";
import { PAGE_COLUMNS, PAGES_TABLE } from "./pages.ts";

/** Names of the strata of customers, in the order of the configuration. */
export const STRATA_NAMES = ["country", "language", "segment"] as const;

export function companyConfig(options: SupportConfigOptions): string {
  return supportConfig({ ...options, moreStrata: ", segment: segment", moreTables: pagesYaml() });
}

/** The pages table, as it stands among the tables of customers. */
export function pagesYaml(): string {
  const fields = [...PAGE_COLUMNS].map(([column, name]) => `${column}: ${name}`).join(", ");
  return `      ${PAGES_TABLE}:
        key: {column: customer_id}
        fields: {${fields}}
        public: [country]
`;
}
