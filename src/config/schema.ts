/**
 * The shape of whosaw.yaml. Each leaf says in words what it expects and shows one example; load.ts adds the line.
 * Shape only: what depends on two places, on the environment or on the file's folder is checked in resolve.ts, so
 * that this schema can be published as JSON Schema for editors.
 */
import * as z from "zod";

type ErrorMap = (issue: { readonly input?: unknown }) => string;

/** The two sentences of every shape error: what is wrong, and what to write. */
function says(expected: string, example: string): ErrorMap {
  return (issue) =>
    `${issue.input === undefined ? "is missing" : `expected ${expected}`}. Write for example ${example}.`;
}

function text(description: string, expected: string, example: string): z.ZodString {
  const error = says(expected, example);
  return z.string({ error }).min(1, { error }).meta({ description, example });
}

/** One of several ways to say something: what is wrong is said of the whole. */
function choice(description: string, example: string): z.ZodString {
  return z.string().min(1).meta({ description, example });
}

function path(description: string, example: string): z.ZodString {
  return text(`${description} A path is relative to this file.`, "a path", example);
}

function mapping<T extends z.ZodRawShape>(shape: T, expected: string, example: string): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, { error: says(expected, example) }).meta({ example });
}

function table<V extends z.ZodType>(value: V, expected: string, example: string): z.ZodRecord<z.ZodString, V> {
  return z.record(z.string().min(1, { error: "an empty name stands for nothing. Write a name or remove it." }), value, {
    error: says(expected, example),
  });
}

function list(item: string, example: string): z.ZodArray<z.ZodString> {
  return z.array(text(item, item, example), { error: says("a list", example) });
}

function flag(description: string, example: string): z.ZodBoolean {
  return z.boolean({ error: says("true or false", example) }).meta({ description, example });
}

const upstream = mapping(
  {
    url: text(
      "The protected database, with the gateway's own user. A ${VARIABLE} in user or password may hold any character. sslmode is disable, require, verify-ca or verify-full.",
      "a PostgreSQL URL",
      'url: "postgres://whosaw_gw:${GW_PASSWORD}@db.example/support?sslmode=verify-full"',
    ),
    ca: path(
      "Certificate authorities that the database's certificate must come from (PEM); the system's if left out.",
      "ca: ./db-ca.pem",
    ).optional(),
    cert: path("Certificate by which the gateway signs in to the database (PEM).", "cert: ./gateway.pem").optional(),
    key: path("Private key of that certificate (PEM).", "key: ./gateway-key.pem").optional(),
  },
  "the protected database",
  'upstream: {url: "postgres://whosaw_gw:${GW_PASSWORD}@db.example/support"}',
);

const tls = mapping(
  {
    cert: path("The gateway's certificate chain (PEM).", "cert: ./gateway.pem"),
    key: path("Private key of that certificate (PEM).", "key: ./gateway-key.pem"),
    "client-ca": path(
      "Authorities whose client certificates sign an actor in; the common name is the actor's name (PEM).",
      "client-ca: ./staff-ca.pem",
    ).optional(),
  },
  "certificate and key",
  "tls: {cert: ./gateway.pem, key: ./gateway-key.pem}",
);

const listen = mapping(
  {
    postgres: text(
      "Address and port for database clients; port 0 lets the system choose.",
      "host:port",
      "postgres: 127.0.0.1:6432",
    ),
    http: text(
      "Address and port for health and metrics; left out, there are none.",
      "host:port",
      "http: 127.0.0.1:8080",
    ).optional(),
    tls: tls.optional(),
  },
  "where to listen",
  "listen: {postgres: 127.0.0.1:6432}",
);

const ledger = mapping(
  {
    dir: path("The ledger's directory.", "dir: ./ledger"),
    origin: text(
      "The log's name in the world, unique and never changed.",
      "a name like example.com/gw-1",
      "origin: example.com/gw-1",
    ),
    keys: path("Master and signing keys; default: dir with -keys appended.", "keys: ./ledger-keys").optional(),
    witness: path(
      "Where the highest checkpoint ever seen is kept; default: dir with -witness appended.",
      "witness: ./ledger-witness",
    ).optional(),
    console: path(
      "The log of looks at the ledger; default: dir with -console appended.",
      "console: ./ledger-console",
    ).optional(),
    imports: path(
      "The log of disclosures from files (whosaw import); default: dir with -imports appended.",
      "imports: ./ledger-imports",
    ).optional(),
  },
  "directory and origin",
  "ledger: {dir: ./ledger, origin: example.com/gw-1}",
);

const gatewayExample = "gw-2: {listen: 127.0.0.1:6433, ledger: ./ledger-2, origin: example.com/gw-2}";
const gateway = mapping(
  {
    listen: text("Address and port for database clients.", "host:port", "listen: 127.0.0.1:6433"),
    ledger: path("The directory of its own ledger.", "ledger: ./ledger-2"),
    origin: text("Its log's name in the world.", "a name like example.com/gw-2", "origin: example.com/gw-2"),
  },
  "a gateway",
  gatewayExample,
);

const control = mapping(
  {
    socket: path(
      "Unix socket on which commands and gateways ask the control plane; default: control.sock in data.",
      "socket: /run/whosaw/control.sock",
    ).optional(),
    access: z
      .enum(["owner", "group"], { error: says("owner or group", "access: group") })
      .meta({
        description:
          "Who may open the socket: the user that the control plane runs as, or also the group of its folder, for gateways of another user.",
      })
      .default("owner"),
    grace: text(
      "How long protected rows wait for the control plane before their statement fails.",
      "a length of time",
      "grace: 30s",
    ).default("30s"),
    "continue-unleased": flag(
      "Let protected rows pass when the control plane stays away for longer than grace; every entry says so.",
      "continue-unleased: true",
    ).default(false),
  },
  "the control plane",
  "control: {socket: /run/whosaw/control.sock}",
);

const columnsExample = 'columns: "https://whosaw:${COLUMNS_PASSWORD}@columns.example:8443/whosaw"';
const columns = z
  .union(
    [
      z.string().min(1),
      z.strictObject({
        url: choice(
          "Any server of a ClickHouse cluster.",
          'columns: {url: "https://columns.example:8443", cluster: main}',
        ),
        cluster: z
          .string()
          .regex(/^[\w-]+$/u)
          .optional()
          .meta({ description: "The cluster's name, as its servers know it.", example: "cluster: main" }),
      }),
    ],
    { error: says("embedded or a ClickHouse URL", columnsExample) },
  )
  .meta({ description: "Where disclosures are kept for look-ups: embedded, or a ClickHouse server by URL." });

const keyExample = "key: {column: customer_id}";
const key = z
  .union(
    [
      z.strictObject({ column: choice("A column of the row.", "key: {column: customer_id}") }),
      z.strictObject({
        path: z.array(z.string().min(1)).min(1).meta({
          description: "A foreign-key column of the row, then schema.table.column for each step.",
          example: "key: {path: [ticket_id, support.tickets.customer_id]}",
        }),
      }),
      z.strictObject({
        sql: choice(
          "An expression over the row: one key, an array of keys, or NULL.",
          'key: {sql: "case when not is_staff then id end"}',
        ),
      }),
    ],
    { error: says("one of column, path or sql", keyExample) },
  )
  .meta({ description: "How a row names its subject." });

const protectedTable = mapping(
  {
    key,
    nullable: flag("Only then may the key be NULL: such a row belongs to no subject.", "nullable: true").default(false),
    fields: table(
      text("Field class.", "a field class", "fields: {email: contact}"),
      "a class for each column",
      "fields: {email: contact}",
    )
      .meta({
        description:
          "Column to field class, such as identity, contact or content. Other columns are protected all the same.",
      })
      .default({}),
    public: list("a column", "public: [created_at]")
      .meta({ description: "Columns that say nothing about a subject." })
      .default([]),
  },
  "a protected table",
  "support.tickets: {key: {column: customer_id}}",
);

const subjectsExample = "subjects: {customer: {tables: {support.customers: {key: {column: id}}}}}";
const subjects = table(
  mapping(
    {
      tables: table(protectedTable, "protected tables by name", subjectsExample),
      strata: table(
        text("Column.", "a column", "strata: {country: country}"),
        "columns by name",
        "strata: {country: country}",
      )
        .meta({
          description:
            "Name to column of the kind's first table: what sorts subjects into groups that are compared with each other, such as country or language. No key, and no field of identity, contact, content or secret.",
        })
        .default({}),
    },
    "a kind of subject with its tables",
    subjectsExample,
  ),
  "kinds of subject",
  subjectsExample,
).meta({ description: "Whose data is protected: kinds of subject, each with its tables." });

const roleExample = "roles: {agent: {upstream-role: helpdesk_agent}}";
const roles = table(
  mapping(
    {
      "upstream-role": text(
        "The database role that a session of this role takes on.",
        "a database role",
        "upstream-role: helpdesk_agent",
      ).optional(),
      migrate: flag("May run DDL, DO and GRANT.", "migrate: true").default(false),
    },
    "a role",
    roleExample,
  ),
  "roles by name",
  roleExample,
);

const accountExample = "service-accounts: {helpdesk: {role: agent}}";
const serviceAccount = z.union(
  [
    z.strictObject({ role: choice("A role named under roles.", "helpdesk: {role: agent}") }),
    z.strictObject({
      "upstream-role": choice("A database role, for this account alone.", "helpdesk: {upstream-role: helpdesk_app}"),
    }),
  ],
  { error: says("one of role or upstream-role", accountExample) },
);

const actors = mapping(
  {
    file: path("The actor register, written by `whosaw actor`.", "file: ./whosaw-actors.json").default(
      "./whosaw-actors.json",
    ),
    "service-accounts": table(serviceAccount, "service accounts by name", accountExample).default({}),
  },
  "the actor register",
  "actors: {file: ./whosaw-actors.json}",
);

export const configSchema = mapping(
  {
    upstream,
    listen,
    ledger,
    gateways: table(gateway, "gateways by name", gatewayExample)
      .meta({
        description:
          "Gateways beside the first, for the same database and policy: `whosaw gateway --name NAME` runs one.",
      })
      .default({}),
    control: control.prefault({}),
    data: path("Where embedded state and columns are kept.", "data: ./whosaw-data").default("./whosaw-data"),
    state: text(
      "Where staff, policies and cases are kept: embedded, or a PostgreSQL database by URL.",
      "embedded or a PostgreSQL URL",
      'state: "postgres://whosaw:${STATE_PASSWORD}@state.example/whosaw"',
    ).default("embedded"),
    columns: columns.default("embedded"),
    mode: z
      .enum(["observe", "enforce"], { error: says("observe or enforce", "mode: observe") })
      .meta({ description: "observe records what it cannot account for as opaque; enforce refuses it." })
      .default("observe"),
    subjects: subjects.default({}),
    public: list("a table", "public: [support.teams]")
      .meta({ description: "Tables without personal data; schema.* for all of a schema." })
      .default([]),
    roles: roles.default({}),
    actors: actors.prefault({}),
  },
  "a configuration",
  "upstream, listen and ledger",
);

/** A file that has the right shape; names and addresses in it are still unchecked. */
export type RawConfig = z.output<typeof configSchema>;

/** The schema for editors, draft 2020-12. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: "whosaw.yaml", ...z.toJSONSchema(configSchema, { io: "input" }) };
}
