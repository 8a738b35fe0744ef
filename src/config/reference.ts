/** The configuration reference for people, docs/configuration.md: made from the schema, so that it cannot lag behind. */
import { configJsonSchema } from "./schema.ts";

/** As much of JSON Schema as configJsonSchema makes. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  /** How somebody would write it; a keyword of ours. */
  readonly example?: string;
  readonly default?: string | number | boolean | object;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
}

const HEAD = `# Configuration

Made from the schema by \`npm run schema\`; [the JSON Schema](../schema/whosaw.schema.json) serves editors, and \`whosaw check\` explains every
mistake with its line. In a path, \`NAME\` stands for a name that you choose.

- \`\${VARIABLE}\` is replaced from the environment anywhere in a value; \`$\${\` is a plain \`\${\`. Keep passwords there.
- A relative path counts from the folder of the file.
- \`whosaw reload\`, or SIGHUP to \`whosaw serve\`, reads the file again. Nothing changes if it has a mistake. \`upstream\`, \`listen\`, \`ledger\`, \`control\`, \`state\`, \`columns\` and
  \`actors.file\` take effect at the next start.
`;

/** @returns Markdown */
export function configReference(): string {
  const schema = configJsonSchema() as Node;
  const sections = Object.entries(schema.properties ?? {}).map(([name, node]) =>
    section(name, node, schema.required?.includes(name) ?? false),
  );
  return [HEAD, ...sections].join("\n");
}

function section(name: string, node: Node, required: boolean): string {
  const rows = settings(name, node, required);
  const lines = rows.map(
    ({ path, kind, description, example }) => `| \`${path}\` | ${kind} | ${cell(description)} | ${code(example)} |`,
  );
  return [`## ${name}`, "", "| setting | | what it says | for example |", "|---|---|---|---|", ...lines, ""].join("\n");
}

interface Setting {
  readonly path: string;
  readonly kind: string;
  readonly description: string;
  readonly example: string;
}

/** Every leaf below a node, depth first; a mapping that somebody describes has a row of its own. */
function settings(path: string, node: Node, required: boolean): Setting[] {
  const own = {
    path,
    kind: kindOf(node, required),
    description: node.description ?? "",
    example: node.example ?? node.anyOf?.find((choice) => choice.example !== undefined)?.example ?? "",
  };
  const below = children(node).flatMap(({ name, child, needed }) => settings(`${path}.${name}`, child, needed));
  return below.length > 0 && own.description === "" ? below : [own, ...below];
}

function children(node: Node): { name: string; child: Node; needed: boolean }[] {
  const named = Object.entries(node.properties ?? {}).map(([name, child]) => ({
    name,
    child,
    needed: node.required?.includes(name) ?? false,
  }));
  if (typeof node.additionalProperties === "object") {
    named.push({ name: "NAME", child: node.additionalProperties, needed: false });
  }
  return [...named, ...(node.anyOf ?? []).flatMap(alternatives)];
}

/** Of several ways to write something none is required. */
function alternatives(node: Node): ReturnType<typeof children> {
  return children(node).map((child) => ({ ...child, needed: false }));
}

function kindOf(node: Node, required: boolean): string {
  const fallback = typeof node.default === "object" || node.default === undefined ? "" : code(`${node.default}`);
  const choices = node.enum?.map((choice) => code(choice)).join(" or ");
  return [required ? "required" : "", choices ?? "", fallback && `default ${fallback}`].filter(Boolean).join("; ");
}

function code(text: string): string {
  return text === "" ? "" : `\`${cell(text)}\``;
}

/** A table's cell ends at a bar. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
