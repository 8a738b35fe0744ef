import { fill, made, type Product } from "./product.ts";

/** Checked at the end of the transaction, as Django declares them. */
const to = (table: string): string => `REFERENCES ${table} DEFERRABLE INITIALLY DEFERRED`;

/** A shop: staff and customers in one table with a flag, orders of guests, uuid keys, foreign keys throughout. */
export const saleor: Product = {
  name: "Saleor",
  sql: `
CREATE TABLE account_address (id serial PRIMARY KEY, first_name varchar(256) NOT NULL, last_name varchar(256) NOT NULL,
  company_name varchar(256) NOT NULL DEFAULT '', street_address_1 varchar(256) NOT NULL, street_address_2 varchar(256) NOT NULL DEFAULT '',
  city varchar(256) NOT NULL, postal_code varchar(20) NOT NULL, country varchar(2) NOT NULL, country_area varchar(128) NOT NULL DEFAULT '',
  phone varchar(128) NOT NULL DEFAULT '', metadata jsonb);
CREATE TABLE account_user (id serial PRIMARY KEY, is_superuser boolean NOT NULL, email varchar(254) NOT NULL UNIQUE,
  is_staff boolean NOT NULL, is_active boolean NOT NULL, password varchar(128) NOT NULL, date_joined timestamptz NOT NULL DEFAULT now(),
  last_login timestamptz, default_billing_address_id int ${to("account_address")}, default_shipping_address_id int ${to("account_address")},
  note text, first_name varchar(256) NOT NULL, last_name varchar(256) NOT NULL, avatar varchar(100),
  private_metadata jsonb, metadata jsonb, jwt_token_key varchar(12) NOT NULL DEFAULT '', language_code varchar(35) NOT NULL DEFAULT 'en',
  uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE);
CREATE TABLE account_user_addresses (id serial PRIMARY KEY, user_id int NOT NULL ${to("account_user")},
  address_id int NOT NULL ${to("account_address")});
CREATE TABLE account_customernote (id serial PRIMARY KEY, date timestamptz NOT NULL DEFAULT now(), content text NOT NULL,
  is_public boolean NOT NULL, customer_id int NOT NULL ${to("account_user")}, user_id int ${to("account_user")});
CREATE TABLE account_customerevent (id serial PRIMARY KEY, date timestamptz NOT NULL DEFAULT now(), type varchar(255) NOT NULL,
  parameters jsonb NOT NULL DEFAULT '{}', user_id int ${to("account_user")});
CREATE TABLE account_group (id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE, restricted_access_to_channels boolean NOT NULL DEFAULT false);
CREATE TABLE account_user_groups (id serial PRIMARY KEY, user_id int NOT NULL ${to("account_user")}, group_id int NOT NULL ${to("account_group")});
CREATE TABLE channel_channel (id serial PRIMARY KEY, name varchar(250) NOT NULL, is_active boolean NOT NULL, slug varchar(255) NOT NULL,
  currency_code varchar(3) NOT NULL);
CREATE TABLE checkout_checkout (token uuid PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), email varchar(254),
  note text NOT NULL DEFAULT '', user_id int ${to("account_user")}, billing_address_id int ${to("account_address")},
  channel_id int NOT NULL ${to("channel_channel")}, currency varchar(3) NOT NULL, language_code varchar(35) NOT NULL DEFAULT 'en');
CREATE TABLE order_order (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number int NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(), status varchar(32) NOT NULL, user_id int ${to("account_user")},
  user_email varchar(254) NOT NULL DEFAULT '',
  billing_address_id int ${to("account_address")}, shipping_address_id int ${to("account_address")},
  channel_id int NOT NULL ${to("channel_channel")}, total_gross_amount numeric(12,3) NOT NULL, currency varchar(3) NOT NULL,
  customer_note text NOT NULL DEFAULT '', metadata jsonb, tracking_client_id varchar(36) NOT NULL DEFAULT '');
CREATE TABLE order_orderline (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), product_name varchar(386) NOT NULL,
  variant_name varchar(255) NOT NULL DEFAULT '', product_sku varchar(255), quantity int NOT NULL,
  unit_price_gross_amount numeric(12,3) NOT NULL, order_id uuid NOT NULL ${to("order_order")});
CREATE TABLE order_orderevent (id serial PRIMARY KEY, date timestamptz NOT NULL DEFAULT now(), type varchar(255) NOT NULL,
  parameters jsonb NOT NULL DEFAULT '{}', order_id uuid NOT NULL ${to("order_order")}, user_id int ${to("account_user")});
CREATE TABLE order_fulfillment (id serial PRIMARY KEY, tracking_number varchar(255) NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(), order_id uuid NOT NULL ${to("order_order")}, fulfillment_order int NOT NULL,
  status varchar(32) NOT NULL);
CREATE TABLE payment_payment (id serial PRIMARY KEY, gateway varchar(255) NOT NULL, is_active boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), charge_status varchar(20) NOT NULL, billing_first_name varchar(256) NOT NULL,
  billing_last_name varchar(256) NOT NULL, billing_email varchar(254) NOT NULL,
  customer_ip_address inet, cc_last_digits varchar(4) NOT NULL DEFAULT '', total numeric(12,3) NOT NULL, currency varchar(3) NOT NULL,
  order_id uuid ${to("order_order")}, checkout_id uuid ${to("checkout_checkout")});
CREATE TABLE payment_transaction (id serial PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(),
  token varchar(512) NOT NULL DEFAULT '', kind varchar(25) NOT NULL, is_success boolean NOT NULL,
  gateway_response jsonb NOT NULL DEFAULT '{}', payment_id int NOT NULL ${to("payment_payment")});
CREATE TABLE invoice_invoice (id serial PRIMARY KEY, status varchar(50) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  number varchar(255), external_url varchar(2048), order_id uuid ${to("order_order")});
CREATE TABLE giftcard_giftcard (id serial PRIMARY KEY, code varchar(16) NOT NULL, created_by_id int ${to("account_user")},
  used_by_id int ${to("account_user")}, created_by_email varchar(254), used_by_email varchar(254),
  current_balance_amount numeric(12,3) NOT NULL, currency varchar(3) NOT NULL, is_active boolean NOT NULL);
CREATE TABLE product_category (id serial PRIMARY KEY, name varchar(250) NOT NULL, slug varchar(255) NOT NULL, description jsonb,
  parent_id int ${to("product_category")}, lft int NOT NULL DEFAULT 0, level int NOT NULL DEFAULT 0);
CREATE TABLE product_product (id serial PRIMARY KEY, name varchar(250) NOT NULL, slug varchar(255) NOT NULL, description jsonb,
  category_id int ${to("product_category")}, updated_at timestamptz NOT NULL DEFAULT now(), weight float);
CREATE TABLE product_productvariant (id serial PRIMARY KEY, sku varchar(255), name varchar(255) NOT NULL,
  product_id int NOT NULL ${to("product_product")}, track_inventory boolean NOT NULL);
CREATE TABLE warehouse_warehouse (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(250) NOT NULL, slug varchar(255) NOT NULL,
  email varchar(254) NOT NULL DEFAULT '', address_id int NOT NULL ${to("account_address")});
CREATE TABLE warehouse_stock (id serial PRIMARY KEY, quantity int NOT NULL, product_variant_id int NOT NULL ${to("product_productvariant")},
  warehouse_id uuid NOT NULL ${to("warehouse_warehouse")});
CREATE TABLE discount_voucher (id serial PRIMARY KEY, type varchar(20) NOT NULL, name varchar(255), usage_limit int,
  start_date timestamptz NOT NULL DEFAULT now(), countries varchar(749) NOT NULL DEFAULT '');
CREATE TABLE discount_vouchercustomer (id serial PRIMARY KEY, customer_email varchar(254) NOT NULL,
  voucher_id int NOT NULL ${to("discount_voucher")});
CREATE TABLE site_sitesettings (id serial PRIMARY KEY, header_text varchar(200) NOT NULL, description varchar(500) NOT NULL,
  default_mail_sender_name varchar(78) NOT NULL DEFAULT '', default_mail_sender_address varchar(254));
CREATE TABLE django_migrations (id serial PRIMARY KEY, app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL);
${fill("account_address", 50, {
  first_name: made.first,
  last_name: made.last,
  street_address_1: made.street,
  city: "'Lyon'",
  postal_code: "(69000 + n)::text",
  country: "'FR'",
  phone: made.phone,
})}
${fill("account_user", 40, {
  is_superuser: "false",
  email: made.email,
  is_staff: "n < 5",
  is_active: "true",
  password: "'pbkdf2_sha256$1$x$' || md5(n::text)",
  first_name: made.first,
  last_name: made.last,
  default_billing_address_id: "n",
})}
${fill("account_user_addresses", 40, { user_id: "n", address_id: "n" })}
${fill("account_customernote", 10, { content: made.text, is_public: "false", customer_id: "4 + n", user_id: "1" })}
${fill("account_customerevent", 20, { type: "'account_created'", user_id: "n" })}
${fill("account_group", 2, { name: "'Group ' || n" })}
${fill("account_user_groups", 4, { user_id: "n", group_id: "1 + n % 2" })}
${fill("channel_channel", 1, { name: "'Web'", is_active: "true", slug: "'web'", currency_code: "'EUR'" })}
${fill("checkout_checkout", 10, { token: "gen_random_uuid()", email: made.email, user_id: "4 + n", channel_id: "1", currency: "'EUR'" })}
${fill("order_order", 50, {
  number: "n",
  status: "'fulfilled'",
  user_id: "CASE WHEN n % 5 = 0 THEN NULL ELSE 5 + n % 30 END",
  user_email: made.email,
  billing_address_id: "n",
  channel_id: "1",
  total_gross_amount: "10",
  currency: "'EUR'",
})}
INSERT INTO order_orderline (product_name, quantity, unit_price_gross_amount, order_id) SELECT 'Thing', 1, 10, id FROM order_order;
INSERT INTO order_orderevent (type, order_id, user_id) SELECT 'placed', id, CASE WHEN number % 2 = 0 THEN 1 END FROM order_order;
INSERT INTO order_fulfillment (order_id, fulfillment_order, status) SELECT id, 1, 'fulfilled' FROM order_order;
INSERT INTO payment_payment (gateway, is_active, charge_status, billing_first_name, billing_last_name, billing_email, customer_ip_address,
  total, currency, order_id)
  SELECT 'card', true, 'fully-charged', 'Ada', 'Turing', 'person' || number || '@example.com', '192.0.2.7', 10, 'EUR', id FROM order_order;
${fill("payment_transaction", 20, { kind: "'capture'", is_success: "true", payment_id: "n" })}
INSERT INTO invoice_invoice (status, number, order_id) SELECT 'success', 'I' || number, id FROM order_order;
${fill("giftcard_giftcard", 5, {
  code: "'CODE' || n",
  created_by_id: "1",
  used_by_id: "4 + n",
  created_by_email: made.email,
  used_by_email: made.email,
  current_balance_amount: "5",
  currency: "'EUR'",
  is_active: "true",
})}
${fill("product_category", 2, { name: "'Category ' || n", slug: "'category-' || n" })}
${fill("product_product", 5, { name: "'Product ' || n", slug: "'product-' || n", category_id: "1" })}
${fill("product_productvariant", 5, { sku: "'SKU' || n", name: "'Size ' || n", product_id: "n", track_inventory: "true" })}
${fill("warehouse_warehouse", 1, { name: "'Main'", slug: "'main'", address_id: "50" })}
${fill("discount_voucher", 2, { type: "'entire_order'", name: "'Summer'" })}
${fill("discount_vouchercustomer", 3, { customer_email: made.email, voucher_id: "1" })}
${fill("site_sitesettings", 1, {
  header_text: "'Shop'",
  description: "'Our shop sells things to people in many countries'",
  default_mail_sender_address: "'shop@example.com'",
})}
${fill("django_migrations", 5, { app: "'account'", name: "'000' || n", applied: "now()" })}
ANALYZE;
`,
  truth: {
    "public.account_address": "personal",
    "public.account_user": ["public.account_user: case when not is_staff then id end"],
    "public.account_user_addresses": ["public.account_user: user_id"],
    "public.account_customernote": ["public.account_user: customer_id"],
    "public.account_customerevent": ["public.account_user: user_id"],
    "public.account_group": "public",
    "public.account_user_groups": ["public.account_user: user_id"],
    "public.channel_channel": "public",
    "public.checkout_checkout": ["public.account_user: user_id"],
    "public.order_order": ["public.account_user: user_id"],
    "public.order_orderline": ["public.account_user: order_id -> public.order_order.user_id"],
    "public.order_orderevent": ["public.account_user: order_id -> public.order_order.user_id"],
    "public.order_fulfillment": ["public.account_user: order_id -> public.order_order.user_id"],
    "public.payment_payment": ["public.account_user: order_id -> public.order_order.user_id"],
    "public.payment_transaction": [
      "public.account_user: payment_id -> public.payment_payment.order_id -> public.order_order.user_id",
    ],
    "public.invoice_invoice": ["public.account_user: order_id -> public.order_order.user_id"],
    "public.giftcard_giftcard": "personal",
    "public.product_category": "public",
    "public.product_product": "public",
    "public.product_productvariant": "public",
    "public.warehouse_warehouse": "public",
    "public.warehouse_stock": "public",
    "public.discount_voucher": "public",
    "public.discount_vouchercustomer": "personal",
    "public.site_sitesettings": "public",
    "public.django_migrations": "public",
  },
  queries: [
    'SELECT "account_user"."id", "account_user"."email", "account_user"."first_name" FROM "account_user" WHERE "account_user"."email" = \'person7@example.com\'',
    "SELECT n.content, n.date FROM account_customernote n WHERE n.customer_id = 5 ORDER BY n.date, n.id",
    "SELECT u.email, a.address_id FROM account_user u JOIN account_user_addresses a ON a.user_id = u.id WHERE u.is_active LIMIT 20",
    "SELECT p.name, v.sku FROM product_product p LEFT JOIN product_productvariant v ON v.product_id = p.id",
    "SELECT o.number, o.status, o.user_email FROM order_order o WHERE o.user_id = 7 ORDER BY o.created_at DESC, o.id LIMIT 20",
    "SELECT e.type, e.date FROM order_orderevent e JOIN order_order o ON o.id = e.order_id WHERE o.number = 1",
  ],
};
