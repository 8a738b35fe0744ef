import { fill, made, type Product, stamps } from "./product.ts";

const by = "updated_by_id int NOT NULL REFERENCES users, created_by_id int NOT NULL REFERENCES users";
const byOne = { updated_by_id: "1", created_by_id: "1" };
const named = { name: "'Entry ' || n" };

/** A helpdesk: staff and customers in one table, told apart by their roles alone; foreign keys throughout. */
export const zammad: Product = {
  name: "Zammad",
  sql: `
CREATE TABLE organizations (id serial PRIMARY KEY, name varchar(100) NOT NULL, shared boolean NOT NULL DEFAULT true, domain varchar(250),
  note text, ${stamps});
CREATE TABLE users (id serial PRIMARY KEY, organization_id int REFERENCES organizations, login varchar(255) NOT NULL UNIQUE, firstname varchar(100),
  lastname varchar(100), email varchar(255), image varchar(100), web varchar(100), password varchar(120), phone varchar(100),
  fax varchar(100), mobile varchar(100),
  department varchar(200), street varchar(120), zip varchar(100), city varchar(100), country varchar(100), address varchar(500),
  vip boolean DEFAULT false,
  verified boolean NOT NULL DEFAULT false, active boolean NOT NULL DEFAULT true, note varchar(5000), last_login timestamp, source varchar(200),
  login_failed int NOT NULL DEFAULT 0, preferences text, updated_by_id int NOT NULL, created_by_id int NOT NULL, ${stamps});
CREATE TABLE roles (id serial PRIMARY KEY, name varchar(100) NOT NULL, active boolean NOT NULL DEFAULT true, note varchar(250), ${by}, ${stamps});
CREATE TABLE permissions (id serial PRIMARY KEY, name varchar(255) NOT NULL, label varchar(255), description varchar(500),
  active boolean DEFAULT true, ${stamps});
CREATE TABLE roles_users (user_id int REFERENCES users, role_id int REFERENCES roles);
CREATE TABLE email_addresses (id serial PRIMARY KEY, name varchar(250) NOT NULL, email varchar(255) NOT NULL,
  active boolean NOT NULL DEFAULT true, ${by}, ${stamps});
CREATE TABLE groups (id serial PRIMARY KEY, email_address_id int REFERENCES email_addresses, name varchar(160) NOT NULL,
  assignment_timeout int, note varchar(250), ${by}, ${stamps});
CREATE TABLE groups_users (user_id int REFERENCES users, group_id int REFERENCES groups);
CREATE TABLE ticket_state_types (id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), ${by}, ${stamps});
CREATE TABLE ticket_states (id serial PRIMARY KEY, state_type_id int NOT NULL REFERENCES ticket_state_types, name varchar(250) NOT NULL,
  note varchar(250), ${by}, ${stamps});
CREATE TABLE ticket_priorities (id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), ui_icon varchar(100), ${by}, ${stamps});
CREATE TABLE tickets (id serial PRIMARY KEY, group_id int NOT NULL REFERENCES groups, priority_id int NOT NULL REFERENCES ticket_priorities,
  state_id int NOT NULL REFERENCES ticket_states, organization_id int REFERENCES organizations, number varchar(60) NOT NULL UNIQUE,
  title varchar(250) NOT NULL,
  owner_id int NOT NULL REFERENCES users, customer_id int NOT NULL REFERENCES users, note varchar(250), first_response_at timestamp,
  close_at timestamp,
  last_contact_at timestamp, article_count int, preferences text, ${by}, ${stamps});
CREATE TABLE ticket_article_types (id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250),
  communication boolean NOT NULL DEFAULT false, ${by}, ${stamps});
CREATE TABLE ticket_article_senders (id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), ${by}, ${stamps});
CREATE TABLE ticket_articles (id serial PRIMARY KEY, ticket_id int NOT NULL REFERENCES tickets, type_id int NOT NULL REFERENCES ticket_article_types,
  sender_id int NOT NULL REFERENCES ticket_article_senders, "from" varchar(3000), "to" varchar(3000), cc varchar(3000),
  subject varchar(3000), message_id varchar(3000),
  content_type varchar(20) NOT NULL DEFAULT 'text/plain', body text NOT NULL, internal boolean NOT NULL DEFAULT false,
  origin_by_id int REFERENCES users, ${by}, ${stamps});
CREATE TABLE ticket_article_flags (id serial PRIMARY KEY, ticket_article_id int NOT NULL REFERENCES ticket_articles,
  key varchar(50) NOT NULL, value varchar(50), created_by_id int NOT NULL REFERENCES users, ${stamps});
CREATE TABLE ticket_time_accountings (id serial PRIMARY KEY, ticket_id int NOT NULL REFERENCES tickets,
  ticket_article_id int REFERENCES ticket_articles, time_unit numeric(6,2) NOT NULL, created_by_id int NOT NULL REFERENCES users,
  ${stamps});
CREATE TABLE ticket_counters (id serial PRIMARY KEY, content varchar(100) NOT NULL, generator varchar(100) NOT NULL);
CREATE TABLE tokens (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, persistent boolean, token varchar(100) NOT NULL,
  action varchar(40) NOT NULL, ${stamps});
CREATE TABLE user_devices (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, name varchar(250) NOT NULL, os varchar(150),
  browser varchar(250), location varchar(150), ip varchar(160), fingerprint varchar(160), ${stamps});
CREATE TABLE authorizations (id serial PRIMARY KEY, provider varchar(250) NOT NULL, uid varchar(250) NOT NULL, token text, secret text,
  username varchar(250), user_id int NOT NULL REFERENCES users, ${stamps});
CREATE TABLE taskbars (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, last_contact timestamp NOT NULL,
  key varchar(100) NOT NULL, callback varchar(100) NOT NULL, state text, params varchar(2000), prio int NOT NULL, ${stamps});
CREATE TABLE sessions (id serial PRIMARY KEY, session_id varchar NOT NULL, persistent boolean, data text, ${stamps});
CREATE TABLE object_lookups (id serial PRIMARY KEY, name varchar(250) NOT NULL, ${stamps});
CREATE TABLE history_objects (id serial PRIMARY KEY, name varchar(250) NOT NULL, note varchar(250), ${stamps});
CREATE TABLE history_types (id serial PRIMARY KEY, name varchar(250) NOT NULL, ${stamps});
CREATE TABLE histories (id serial PRIMARY KEY, history_type_id int NOT NULL REFERENCES history_types,
  history_object_id int NOT NULL REFERENCES history_objects, o_id int NOT NULL,
  value_from varchar(500), value_to varchar(500), created_by_id int NOT NULL REFERENCES users, ${stamps});
CREATE TABLE stores (id serial PRIMARY KEY, store_object_id int NOT NULL, store_file_id int NOT NULL, o_id bigint NOT NULL,
  preferences varchar(2500), size varchar(50), filename varchar(250) NOT NULL, created_by_id int NOT NULL REFERENCES users, ${stamps});
CREATE TABLE recent_views (id serial PRIMARY KEY, recent_view_object_id int NOT NULL REFERENCES object_lookups, o_id int NOT NULL,
  created_by_id int NOT NULL REFERENCES users, ${stamps});
CREATE TABLE settings (id serial PRIMARY KEY, title varchar(200) NOT NULL, name varchar(200) NOT NULL, area varchar(100) NOT NULL,
  description varchar(2000) NOT NULL, state_current text, frontend boolean NOT NULL, ${stamps});
CREATE TABLE locales (id serial PRIMARY KEY, locale varchar(20) NOT NULL, alias varchar(20), name varchar(255) NOT NULL,
  active boolean NOT NULL DEFAULT true, ${stamps});
CREATE TABLE translations (id serial PRIMARY KEY, locale varchar(10) NOT NULL, source varchar(500) NOT NULL, target varchar(500) NOT NULL,
  ${by}, ${stamps});
CREATE TABLE macros (id serial PRIMARY KEY, name varchar(250), perform text NOT NULL, active boolean NOT NULL DEFAULT true,
  note varchar(250), ${by}, ${stamps});
CREATE TABLE text_modules (id serial PRIMARY KEY, name varchar(250) NOT NULL, keywords varchar(500), content text NOT NULL,
  note varchar(250), ${by}, ${stamps});
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
${fill("organizations", 4, named)}
${fill("users", 40, {
  organization_id: "1 + n % 4",
  login: made.email,
  firstname: made.first,
  lastname: made.last,
  email: made.email,
  phone: made.phone,
  city: "'Lyon'",
  street: made.street,
  ...byOne,
})}
${["roles", "ticket_state_types", "ticket_priorities", "ticket_article_types", "ticket_article_senders"].map((table) => fill(table, 3, { ...named, ...byOne })).join("\n")}
${fill("email_addresses", 2, { name: "'Support'", email: "'support' || n || '@example.com'", ...byOne })}
${fill("groups", 2, { ...named, email_address_id: "n", ...byOne })}
${fill("ticket_states", 3, { ...named, state_type_id: "n", ...byOne })}
${fill("roles_users", 40, { user_id: "n", role_id: "1 + n % 3" })}
${fill("groups_users", 5, { user_id: "n", group_id: "1 + n % 2" })}
${fill("tickets", 60, {
  group_id: "1 + n % 2",
  priority_id: "1 + n % 3",
  state_id: "1 + n % 3",
  number: "(10000 + n)::text",
  title: made.text,
  owner_id: "1 + n % 5",
  customer_id: "6 + n % 35",
  ...byOne,
})}
${fill("ticket_articles", 120, {
  ticket_id: "1 + n % 60",
  type_id: "1",
  sender_id: "1 + n % 2",
  from: made.email,
  to: "'support1@example.com'",
  subject: "'Help ' || n",
  body: made.text,
  ...byOne,
})}
${fill("ticket_article_flags", 10, { ticket_article_id: "n", key: "'seen'", value: "'true'", created_by_id: "1" })}
${fill("ticket_time_accountings", 10, { ticket_id: "n", time_unit: "n", created_by_id: "1" })}
${fill("tokens", 5, { user_id: "n", token: "md5(n::text)", action: "'api'" })}
${fill("user_devices", 20, { user_id: "n", name: "'Browser ' || n", ip: made.ip, location: "'France'" })}
${fill("sessions", 10, { session_id: "md5(n::text)", data: "encode(sha256(n::text::bytea), 'base64')" })}
${fill("object_lookups", 3, named)}
${fill("history_objects", 3, named)}
${fill("history_types", 3, named)}
${fill("histories", 30, { history_type_id: "1", history_object_id: "1", o_id: "n", value_from: "''", value_to: made.email, created_by_id: "1" })}
${fill("stores", 10, { store_object_id: "1", store_file_id: "n", o_id: "n", filename: "'scan' || n || '.pdf'", created_by_id: "1" })}
${fill("recent_views", 10, { recent_view_object_id: "1", o_id: "n", created_by_id: "1" })}
${fill("settings", 10, {
  title: "'Title ' || n",
  name: "'setting_' || n",
  area: "'Core'",
  description: "'What this setting does in the system'",
  frontend: "true",
})}
${fill("locales", 3, { locale: "'l' || n", name: "'Language ' || n" })}
${fill("macros", 3, { name: "'Close and tag'", perform: "'ticket.state_id: 4'", ...byOne })}
ANALYZE;
`,
  truth: {
    "public.organizations": "public",
    "public.users": ["public.users: id"],
    "public.roles": "public",
    "public.permissions": "public",
    "public.roles_users": ["public.users: user_id"],
    "public.email_addresses": "public",
    "public.groups": "public",
    "public.groups_users": ["public.users: user_id"],
    "public.ticket_state_types": "public",
    "public.ticket_states": "public",
    "public.ticket_priorities": "public",
    "public.tickets": ["public.users: customer_id"],
    "public.ticket_article_types": "public",
    "public.ticket_article_senders": "public",
    "public.ticket_articles": ["public.users: ticket_id -> public.tickets.customer_id"],
    "public.ticket_article_flags": [
      "public.users: ticket_article_id -> public.ticket_articles.ticket_id -> public.tickets.customer_id",
    ],
    "public.ticket_time_accountings": ["public.users: ticket_id -> public.tickets.customer_id"],
    "public.ticket_counters": "public",
    "public.tokens": ["public.users: user_id"],
    "public.user_devices": ["public.users: user_id"],
    "public.authorizations": ["public.users: user_id"],
    "public.taskbars": ["public.users: user_id"],
    "public.sessions": "personal",
    "public.object_lookups": "public",
    "public.history_objects": "public",
    "public.history_types": "public",
    "public.histories": "personal",
    "public.stores": "personal",
    "public.recent_views": "personal",
    "public.settings": "public",
    "public.locales": "public",
    "public.translations": "public",
    "public.macros": "public",
    "public.text_modules": "public",
    "public.schema_migrations": "public",
  },
  queries: [
    "SELECT id, login, firstname, lastname, email FROM users WHERE login = 'person7@example.com' LIMIT 1",
    "SELECT t.id, t.number, t.title, u.firstname, u.lastname FROM tickets t JOIN users u ON u.id = t.customer_id WHERE t.state_id IN (1, 2) ORDER BY t.created_at DESC, t.id LIMIT 20",
    "SELECT * FROM ticket_articles WHERE ticket_id = 7 ORDER BY created_at, id",
    "SELECT t.id, s.name FROM tickets t JOIN ticket_states s ON s.id = t.state_id WHERE t.group_id = 1",
    "SELECT users.* FROM users INNER JOIN roles_users ON users.id = roles_users.user_id INNER JOIN roles ON roles.id = roles_users.role_id WHERE roles.name = 'Entry 1'",
    "SELECT f.* FROM ticket_article_flags f WHERE f.ticket_article_id IN (1, 2, 3)",
  ],
};
