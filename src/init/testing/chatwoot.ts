import { fill, made, type Product, stamps } from "./product.ts";

/** A helpdesk of several accounts: customers are contacts, staff are users, and not one foreign key between them. */
export const chatwoot: Product = {
  name: "Chatwoot",
  sql: `
CREATE TABLE accounts (id serial PRIMARY KEY, name varchar NOT NULL, locale int DEFAULT 0, domain varchar(100), support_email varchar(100),
  feature_flags bigint NOT NULL DEFAULT 0, limits jsonb DEFAULT '{}', settings jsonb DEFAULT '{}', status int DEFAULT 0, ${stamps});
CREATE TABLE users (id serial PRIMARY KEY, provider varchar NOT NULL DEFAULT 'email', uid varchar NOT NULL DEFAULT '',
  encrypted_password varchar NOT NULL DEFAULT '', sign_in_count int NOT NULL DEFAULT 0,
  current_sign_in_ip varchar, name varchar NOT NULL, display_name varchar, email varchar, tokens json, pubsub_token varchar,
  availability int DEFAULT 0, ui_settings jsonb DEFAULT '{}', type varchar, message_signature text, ${stamps});
CREATE TABLE account_users (id bigserial PRIMARY KEY, account_id bigint, user_id bigint, role int DEFAULT 0, inviter_id bigint,
  availability int NOT NULL DEFAULT 0, active_at timestamp, ${stamps});
CREATE TABLE access_tokens (id bigserial PRIMARY KEY, owner_type varchar, owner_id bigint, token varchar, ${stamps});
CREATE TABLE inboxes (id serial PRIMARY KEY, channel_id int NOT NULL, account_id int NOT NULL, name varchar NOT NULL, channel_type varchar,
  enable_auto_assignment boolean DEFAULT true, greeting_message varchar, working_hours_enabled boolean DEFAULT false, ${stamps});
CREATE TABLE inbox_members (id serial PRIMARY KEY, user_id int NOT NULL, inbox_id int NOT NULL, ${stamps});
CREATE TABLE teams (id bigserial PRIMARY KEY, name varchar NOT NULL, description text, allow_auto_assign boolean DEFAULT true,
  account_id bigint NOT NULL, ${stamps});
CREATE TABLE team_members (id bigserial PRIMARY KEY, team_id bigint NOT NULL, user_id bigint NOT NULL, ${stamps});
CREATE TABLE labels (id bigserial PRIMARY KEY, title varchar, description text, color varchar NOT NULL DEFAULT '#1f93ff', account_id bigint,
  ${stamps});
CREATE TABLE contacts (id serial PRIMARY KEY, name varchar DEFAULT '', email varchar, phone_number varchar, account_id int NOT NULL,
  additional_attributes jsonb DEFAULT '{}', identifier varchar, custom_attributes jsonb DEFAULT '{}',
  last_activity_at timestamp, contact_type int DEFAULT 0, middle_name varchar DEFAULT '', last_name varchar DEFAULT '',
  location varchar DEFAULT '', country_code varchar DEFAULT '', blocked boolean NOT NULL DEFAULT false, ${stamps});
CREATE TABLE contact_inboxes (id bigserial PRIMARY KEY, contact_id bigint, inbox_id bigint, source_id varchar NOT NULL,
  hmac_verified boolean DEFAULT false, pubsub_token varchar, ${stamps});
CREATE TABLE conversations (id serial PRIMARY KEY, account_id int NOT NULL, inbox_id int NOT NULL, status int NOT NULL DEFAULT 0,
  assignee_id int, contact_id bigint, display_id int NOT NULL, contact_last_seen_at timestamp,
  agent_last_seen_at timestamp, additional_attributes jsonb DEFAULT '{}', contact_inbox_id bigint,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(), identifier varchar, last_activity_at timestamp NOT NULL DEFAULT now(), team_id bigint,
  priority int, cached_label_list text, ${stamps});
CREATE TABLE messages (id serial PRIMARY KEY, content text, account_id int NOT NULL, inbox_id int NOT NULL, conversation_id int NOT NULL,
  message_type int NOT NULL, private boolean NOT NULL DEFAULT false, status int DEFAULT 0,
  source_id varchar, content_type int NOT NULL DEFAULT 0, content_attributes json DEFAULT '{}', sender_type varchar, sender_id bigint,
  processed_message_content text, sentiment jsonb DEFAULT '{}', ${stamps});
CREATE TABLE attachments (id serial PRIMARY KEY, file_type int DEFAULT 0, external_url varchar, coordinates_lat float DEFAULT 0,
  coordinates_long float DEFAULT 0, message_id int NOT NULL, account_id int NOT NULL, fallback_title varchar, extension varchar, ${stamps});
CREATE TABLE notes (id bigserial PRIMARY KEY, content text NOT NULL, account_id bigint NOT NULL, contact_id bigint NOT NULL, user_id bigint,
  ${stamps});
CREATE TABLE csat_survey_responses (id bigserial PRIMARY KEY, account_id bigint NOT NULL, conversation_id bigint NOT NULL,
  message_id bigint NOT NULL, rating int NOT NULL, feedback_message text, contact_id bigint NOT NULL, assigned_agent_id bigint, ${stamps});
CREATE TABLE mentions (id bigserial PRIMARY KEY, user_id bigint NOT NULL, conversation_id bigint NOT NULL, account_id bigint NOT NULL,
  mentioned_at timestamp NOT NULL DEFAULT now(), ${stamps});
CREATE TABLE conversation_participants (id bigserial PRIMARY KEY, account_id bigint NOT NULL, user_id bigint NOT NULL,
  conversation_id bigint NOT NULL, ${stamps});
CREATE TABLE notifications (id bigserial PRIMARY KEY, account_id bigint NOT NULL, user_id bigint NOT NULL, notification_type int NOT NULL,
  primary_actor_type varchar NOT NULL, primary_actor_id bigint NOT NULL, read_at timestamp, ${stamps});
CREATE TABLE audits (id bigserial PRIMARY KEY, auditable_id bigint, auditable_type varchar, user_id bigint, user_type varchar,
  username varchar, action varchar, audited_changes jsonb, version int DEFAULT 0, remote_address varchar, created_at timestamp);
CREATE TABLE canned_responses (id serial PRIMARY KEY, account_id int NOT NULL, short_code varchar, content text, ${stamps});
CREATE TABLE articles (id bigserial PRIMARY KEY, account_id int NOT NULL, portal_id int NOT NULL, category_id int, title varchar,
  description text, content text, status int, views int, author_id bigint, slug varchar NOT NULL, ${stamps});
CREATE TABLE portals (id bigserial PRIMARY KEY, account_id int NOT NULL, name varchar NOT NULL, slug varchar NOT NULL, custom_domain varchar,
  color varchar, archived boolean DEFAULT false, ${stamps});
CREATE TABLE working_hours (id bigserial PRIMARY KEY, inbox_id bigint, account_id bigint, day_of_week int NOT NULL,
  closed_all_day boolean DEFAULT false, open_hour int, close_hour int, ${stamps});
CREATE TABLE taggings (id serial PRIMARY KEY, tag_id int, taggable_type varchar, taggable_id int, tagger_type varchar, tagger_id int,
  context varchar(128), created_at timestamp);
CREATE TABLE tags (id serial PRIMARY KEY, name varchar, taggings_count int DEFAULT 0);
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
${fill("accounts", 2, { name: "'Company ' || n", support_email: "'support@company' || n || '.example'" })}
${fill("users", 6, { uid: made.email, name: made.full, email: made.email, current_sign_in_ip: made.ip })}
${fill("account_users", 6, { account_id: "1", user_id: "n" })}
${fill("inboxes", 2, { channel_id: "n", account_id: "1", name: "'Inbox ' || n" })}
${fill("inbox_members", 6, { user_id: "n", inbox_id: "1 + n % 2" })}
${fill("teams", 2, { name: "'Team ' || n", account_id: "1" })}
${fill("team_members", 6, { user_id: "n", team_id: "1 + n % 2" })}
${fill("contacts", 50, { name: made.full, email: made.email, phone_number: "'+3315550' || (1000 + n)", account_id: "1", country_code: "'FR'" })}
${fill("contact_inboxes", 50, { contact_id: "n", inbox_id: "1 + n % 2", source_id: "gen_random_uuid()::text" })}
${fill("conversations", 80, {
  account_id: "1",
  inbox_id: "1 + n % 2",
  assignee_id: "1 + n % 6",
  contact_id: "1 + n % 50",
  display_id: "n",
  contact_inbox_id: "1 + n % 50",
  team_id: "1 + n % 2",
})}
${fill("messages", 200, {
  content: made.text,
  account_id: "1",
  inbox_id: "1",
  conversation_id: "1 + n % 80",
  message_type: "n % 2",
  sender_type: "CASE n % 2 WHEN 0 THEN 'Contact' ELSE 'User' END",
  sender_id: "1 + n % 6",
})}
${fill("attachments", 10, { message_id: "n", account_id: "1" })}
${fill("notes", 20, { content: made.text, account_id: "1", contact_id: "n", user_id: "1 + n % 6" })}
${fill("csat_survey_responses", 15, {
  account_id: "1",
  conversation_id: "n",
  message_id: "n",
  rating: "1 + n % 5",
  feedback_message: made.text,
  contact_id: "1 + n % 50",
})}
${fill("mentions", 5, { user_id: "n", conversation_id: "n", account_id: "1" })}
${fill("conversation_participants", 5, { account_id: "1", user_id: "n", conversation_id: "n" })}
${fill("notifications", 12, {
  account_id: "1",
  user_id: "1 + n % 6",
  notification_type: "1",
  primary_actor_type: "'Conversation'",
  primary_actor_id: "n",
})}
${fill("audits", 10, {
  auditable_id: "n",
  auditable_type: "'User'",
  user_id: "1 + n % 6",
  action: "'update'",
  audited_changes: `jsonb_build_object('email', ${made.email})`,
  remote_address: made.ip,
})}
${fill("canned_responses", 4, { account_id: "1", short_code: "'hi' || n", content: "'Thank you for your message, we are looking into it'" })}
${fill("articles", 4, {
  account_id: "1",
  portal_id: "1",
  title: "'How to ' || n",
  content: "'First open the settings, then choose the option that you need'",
  slug: "'how-to-' || n",
  author_id: "1",
})}
${fill("portals", 1, { account_id: "1", name: "'Help'", slug: "'help'" })}
${fill("taggings", 5, { tag_id: "1", taggable_type: "'Conversation'", taggable_id: "n", context: "'labels'" })}
ANALYZE;
`,
  truth: {
    "public.accounts": "public",
    "public.users": ["public.users: id"],
    "public.account_users": ["public.users: user_id"],
    "public.access_tokens": "personal",
    "public.inboxes": "public",
    "public.inbox_members": ["public.users: user_id"],
    "public.teams": "public",
    "public.team_members": ["public.users: user_id"],
    "public.labels": "public",
    "public.contacts": ["public.contacts: id"],
    "public.contact_inboxes": ["public.contacts: contact_id"],
    "public.conversations": ["public.contacts: contact_id"],
    "public.messages": ["public.contacts: conversation_id -> public.conversations.contact_id"],
    "public.attachments": [
      "public.contacts: message_id -> public.messages.conversation_id -> public.conversations.contact_id",
    ],
    "public.notes": ["public.contacts: contact_id"],
    "public.csat_survey_responses": ["public.contacts: contact_id"],
    "public.mentions": ["public.contacts: conversation_id -> public.conversations.contact_id"],
    "public.conversation_participants": ["public.contacts: conversation_id -> public.conversations.contact_id"],
    "public.notifications": ["public.users: user_id"],
    "public.audits": ["public.users: user_id"],
    "public.canned_responses": "public",
    "public.articles": "public",
    "public.portals": "public",
    "public.working_hours": "public",
    "public.taggings": "personal",
    "public.tags": "public",
    "public.schema_migrations": "public",
  },
  queries: [
    "SELECT c.* FROM conversations c WHERE c.account_id = 1 AND c.status = 0 AND c.inbox_id IN (1, 2) ORDER BY c.last_activity_at DESC, c.id LIMIT 25",
    'SELECT "messages".* FROM "messages" WHERE "messages"."conversation_id" = 7 ORDER BY created_at, id',
    'SELECT "contacts".* FROM "contacts" WHERE "contacts"."account_id" = 1 AND "contacts"."email" = \'person7@example.com\' LIMIT 1',
    "SELECT c.display_id, k.name, k.phone_number FROM conversations c JOIN contacts k ON k.id = c.contact_id WHERE c.assignee_id = 2",
    "SELECT n.content, n.created_at FROM notes n WHERE n.contact_id = 3",
    "SELECT i.id, i.name FROM inboxes i JOIN inbox_members m ON m.inbox_id = i.id WHERE m.user_id = 2",
  ],
};
