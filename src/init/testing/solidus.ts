import { fill, made, type Product, stamps } from "./product.ts";

/** A shop: prefixed tables without foreign keys, guests among the orders, addresses that say of nobody that they are theirs. */
export const solidus: Product = {
  name: "Solidus",
  sql: `
CREATE TABLE spree_users (id serial PRIMARY KEY, encrypted_password varchar(128), password_salt varchar(128), email varchar,
  remember_token varchar, sign_in_count int NOT NULL DEFAULT 0, last_sign_in_ip varchar, login varchar,
  ship_address_id int, bill_address_id int, spree_api_key varchar(48), deleted_at timestamp, ${stamps});
CREATE TABLE spree_roles (id serial PRIMARY KEY, name varchar UNIQUE, ${stamps});
CREATE TABLE spree_roles_users (id serial PRIMARY KEY, role_id int, user_id int, ${stamps});
CREATE TABLE spree_countries (id serial PRIMARY KEY, iso_name varchar, iso varchar, iso3 varchar, name varchar, numcode int, ${stamps});
CREATE TABLE spree_states (id serial PRIMARY KEY, name varchar, abbr varchar, country_id int, ${stamps});
CREATE TABLE spree_addresses (id serial PRIMARY KEY, name varchar, address1 varchar, address2 varchar, city varchar, zipcode varchar,
  phone varchar, state_name varchar, company varchar, state_id int, country_id int, ${stamps});
CREATE TABLE spree_user_addresses (id serial PRIMARY KEY, user_id int NOT NULL, address_id int NOT NULL, "default" boolean DEFAULT false,
  archived boolean DEFAULT false, ${stamps});
CREATE TABLE spree_stores (id serial PRIMARY KEY, name varchar, url varchar, meta_description text, seo_title varchar,
  mail_from_address varchar, default_currency varchar, code varchar, ${stamps});
CREATE TABLE spree_orders (id serial PRIMARY KEY, number varchar(32), item_total numeric(10,2) NOT NULL DEFAULT 0,
  total numeric(10,2) NOT NULL DEFAULT 0, state varchar, user_id int, completed_at timestamp, bill_address_id int, ship_address_id int,
  shipment_state varchar, payment_state varchar, email varchar, special_instructions text, currency varchar, last_ip_address varchar,
  created_by_id int, approver_id int, guest_token varchar, store_id int, ${stamps});
CREATE TABLE spree_line_items (id serial PRIMARY KEY, variant_id int, order_id int, quantity int NOT NULL, price numeric(10,2) NOT NULL,
  currency varchar, tax_category_id int, ${stamps});
CREATE TABLE spree_shipments (id serial PRIMARY KEY, tracking varchar, number varchar, cost numeric(10,2) DEFAULT 0, shipped_at timestamp,
  order_id int, state varchar, stock_location_id int, ${stamps});
CREATE TABLE spree_payments (id serial PRIMARY KEY, amount numeric(10,2) NOT NULL DEFAULT 0, order_id int, source_type varchar,
  source_id int, payment_method_id int, state varchar, response_code varchar, number varchar, ${stamps});
CREATE TABLE spree_credit_cards (id serial PRIMARY KEY, month varchar, year varchar, cc_type varchar, last_digits varchar,
  gateway_customer_profile_id varchar, name varchar, user_id int, payment_method_id int, address_id int, ${stamps});
CREATE TABLE spree_payment_methods (id serial PRIMARY KEY, type varchar, name varchar, description text, active boolean DEFAULT true,
  preferences text, position int DEFAULT 0, ${stamps});
CREATE TABLE spree_store_credits (id serial PRIMARY KEY, user_id int NOT NULL, category_id int, created_by_id int NOT NULL,
  amount numeric(8,2) NOT NULL DEFAULT 0, memo text, currency varchar, ${stamps});
CREATE TABLE spree_wallet_payment_sources (id serial PRIMARY KEY, user_id int NOT NULL, payment_source_type varchar NOT NULL,
  payment_source_id int NOT NULL, "default" boolean NOT NULL DEFAULT false, ${stamps});
CREATE TABLE spree_return_authorizations (id serial PRIMARY KEY, number varchar, state varchar, order_id int, memo text,
  stock_location_id int, return_reason_id int, ${stamps});
CREATE TABLE spree_return_reasons (id serial PRIMARY KEY, name varchar, active boolean DEFAULT true, mutable boolean DEFAULT true, ${stamps});
CREATE TABLE spree_state_changes (id serial PRIMARY KEY, name varchar, previous_state varchar, stateful_id int, user_id int,
  stateful_type varchar, next_state varchar, ${stamps});
CREATE TABLE spree_log_entries (id serial PRIMARY KEY, source_type varchar, source_id int, details text, ${stamps});
CREATE TABLE spree_products (id serial PRIMARY KEY, name varchar NOT NULL DEFAULT '', description text, available_on timestamp, slug varchar,
  meta_keywords varchar, tax_category_id int, ${stamps});
CREATE TABLE spree_variants (id serial PRIMARY KEY, sku varchar NOT NULL DEFAULT '', weight numeric(8,2), is_master boolean DEFAULT false,
  product_id int, position int, ${stamps});
CREATE TABLE spree_prices (id serial PRIMARY KEY, variant_id int NOT NULL, amount numeric(10,2), currency varchar, country_iso varchar(2), ${stamps});
CREATE TABLE spree_stock_locations (id serial PRIMARY KEY, name varchar, address1 varchar, city varchar, zipcode varchar, phone varchar,
  active boolean DEFAULT true, ${stamps});
CREATE TABLE spree_stock_items (id serial PRIMARY KEY, stock_location_id int, variant_id int, count_on_hand int NOT NULL DEFAULT 0, ${stamps});
CREATE TABLE spree_taxons (id serial PRIMARY KEY, parent_id int, position int DEFAULT 0, name varchar NOT NULL, permalink varchar,
  taxonomy_id int, description text, ${stamps});
CREATE TABLE spree_tax_categories (id serial PRIMARY KEY, name varchar, description varchar, is_default boolean DEFAULT false, ${stamps});
CREATE TABLE spree_promotions (id serial PRIMARY KEY, description varchar, expires_at timestamp, starts_at timestamp, name varchar,
  type varchar, usage_limit int, ${stamps});
CREATE TABLE spree_order_mutexes (id serial PRIMARY KEY, order_id int NOT NULL, created_at timestamp);
CREATE TABLE friendly_id_slugs (id serial PRIMARY KEY, slug varchar NOT NULL, sluggable_id int NOT NULL, sluggable_type varchar(50),
  scope varchar, created_at timestamp);
${fill("spree_users", 30, { email: made.email, login: made.email, last_sign_in_ip: made.ip, bill_address_id: "n", ship_address_id: "n" })}
${fill("spree_roles", 2, { name: "'role' || n" })}
${fill("spree_roles_users", 3, { role_id: "1", user_id: "n" })}
${fill("spree_countries", 4, { iso_name: "'COUNTRY ' || n", iso: "'C' || n", name: "'Country ' || n" })}
${fill("spree_states", 4, { name: "'Region ' || n", abbr: "'R' || n", country_id: "n" })}
${fill("spree_addresses", 50, {
  name: made.full,
  address1: made.street,
  city: "'Lyon'",
  zipcode: "(69000 + n)::text",
  phone: made.phone,
  country_id: "1 + n % 4",
})}
${fill("spree_user_addresses", 30, { user_id: "n", address_id: "n" })}
${fill("spree_stores", 1, { name: "'Shop'", url: "'shop.example'", mail_from_address: "'shop@example.com'" })}
${fill("spree_orders", 60, {
  number: "'R' || (100000 + n)",
  state: "'complete'",
  user_id: "CASE WHEN n % 4 = 0 THEN NULL ELSE 1 + n % 30 END",
  bill_address_id: "1 + n % 50",
  ship_address_id: "1 + n % 50",
  email: made.email,
  last_ip_address: made.ip,
  store_id: "1",
})}
${fill("spree_line_items", 120, { variant_id: "1 + n % 8", order_id: "1 + n % 60", quantity: "1", price: "10" })}
${fill("spree_shipments", 60, { number: "'H' || n", order_id: "n", state: "'shipped'" })}
${fill("spree_payments", 60, {
  amount: "10",
  order_id: "n",
  source_type: "'Spree::CreditCard'",
  source_id: "1 + n % 20",
  payment_method_id: "1",
  state: "'completed'",
  number: "'P' || n",
})}
${fill("spree_credit_cards", 20, {
  month: "'1'",
  year: "'2030'",
  cc_type: "'visa'",
  last_digits: "'4242'",
  name: made.full,
  user_id: "n",
  payment_method_id: "1",
  address_id: "n",
})}
${fill("spree_payment_methods", 1, { type: "'Spree::PaymentMethod::CreditCard'", name: "'Card'" })}
${fill("spree_store_credits", 5, { user_id: "n", created_by_id: "1", amount: "5", memo: "'for the trouble with the last order'" })}
${fill("spree_wallet_payment_sources", 10, { user_id: "n", payment_source_type: "'Spree::CreditCard'", payment_source_id: "n" })}
${fill("spree_return_authorizations", 5, { number: "'RA' || n", state: "'authorized'", order_id: "n", memo: made.text })}
${fill("spree_products", 4, { name: "'Product ' || n", description: "'A thing that one can buy in the shop every day'", slug: "'product-' || n" })}
${fill("spree_variants", 8, { sku: "'SKU' || n", product_id: "1 + n % 4" })}
${fill("spree_prices", 8, { variant_id: "n", amount: "10", currency: "'EUR'" })}
${fill("spree_stock_locations", 1, { name: "'Warehouse'", city: "'Lyon'" })}
${fill("spree_stock_items", 8, { stock_location_id: "1", variant_id: "n" })}
${fill("spree_state_changes", 10, {
  name: "'order'",
  previous_state: "'cart'",
  stateful_id: "n",
  user_id: "1 + n % 30",
  stateful_type: "'Spree::Order'",
  next_state: "'address'",
})}
${fill("spree_log_entries", 10, { source_type: "'Spree::Payment'", source_id: "n", details: "'--- paid by ' || " + made.email })}
ANALYZE;
`,
  truth: {
    "public.spree_users": ["public.spree_users: id"],
    "public.spree_roles": "public",
    "public.spree_roles_users": ["public.spree_users: user_id"],
    "public.spree_countries": "public",
    "public.spree_states": "public",
    "public.spree_addresses": "personal",
    "public.spree_user_addresses": ["public.spree_users: user_id"],
    "public.spree_stores": "public",
    "public.spree_orders": ["public.spree_users: user_id"],
    "public.spree_line_items": ["public.spree_users: order_id -> public.spree_orders.user_id"],
    "public.spree_shipments": ["public.spree_users: order_id -> public.spree_orders.user_id"],
    "public.spree_payments": ["public.spree_users: order_id -> public.spree_orders.user_id"],
    "public.spree_credit_cards": ["public.spree_users: user_id"],
    "public.spree_payment_methods": "public",
    "public.spree_store_credits": ["public.spree_users: user_id"],
    "public.spree_wallet_payment_sources": ["public.spree_users: user_id"],
    "public.spree_return_authorizations": ["public.spree_users: order_id -> public.spree_orders.user_id"],
    "public.spree_return_reasons": "public",
    "public.spree_state_changes": ["public.spree_users: user_id"],
    "public.spree_log_entries": "personal",
    "public.spree_products": "public",
    "public.spree_variants": "public",
    "public.spree_prices": "public",
    "public.spree_stock_locations": "public",
    "public.spree_stock_items": "public",
    "public.spree_taxons": "public",
    "public.spree_tax_categories": "public",
    "public.spree_promotions": "public",
    "public.spree_order_mutexes": ["public.spree_users: order_id -> public.spree_orders.user_id"],
    "public.friendly_id_slugs": "public",
  },
  queries: [
    'SELECT "spree_orders".* FROM "spree_orders" WHERE "spree_orders"."number" = \'R100001\' LIMIT 1',
    "SELECT o.number, o.total, u.email FROM spree_orders o JOIN spree_users u ON u.id = o.user_id WHERE o.state = 'complete' ORDER BY o.completed_at DESC, o.id LIMIT 15",
    'SELECT "spree_line_items".* FROM "spree_line_items" WHERE "spree_line_items"."order_id" = 5',
    "SELECT a.* FROM spree_addresses a WHERE a.id = 7",
    "SELECT c.cc_type, c.last_digits, c.name FROM spree_credit_cards c WHERE c.user_id = 3",
    "SELECT p.name, v.sku, r.amount FROM spree_products p JOIN spree_variants v ON v.product_id = p.id JOIN spree_prices r ON r.variant_id = v.id",
  ],
};
