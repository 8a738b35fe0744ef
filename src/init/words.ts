/** Names taken apart into words, and what those words mean in a schema: English first, and the languages of the neighbours. */

/** `spree_Users2`, `customerEmail`: lower-case words without accents, `ẞ` and plural left as they are. */
export function words(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1 $2")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "");
}

const IRREGULAR: Readonly<Record<string, string>> = {
  people: "person",
  staff: "staff",
  addresses: "address",
  address: "address",
  status: "status",
  kunden: "kunde",
  personen: "person",
  kontakte: "kontakt",
  nachrichten: "nachricht",
  anfragen: "anfrage",
  mitarbeiter: "mitarbeiter",
  adressen: "adresse",
};

/** As good as a name needs: `categories` to `category`, `tickets` to `ticket`. */
export function singular(word: string): string {
  const known = IRREGULAR[word];
  if (known !== undefined) return known;
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/u.test(word)) return word.slice(0, -2);
  if (word.endsWith("s") && !/(?:ss|us|is)$/u.test(word) && word.length > 3) return word.slice(0, -1);
  return word;
}

const list = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/u));

/** Those whom a company serves. */
export const CUSTOMERS =
  list(`customer client contact consumer requester requestor caller guest buyer shopper purchaser subscriber
  member patient student donor passenger policyholder cardholder recipient applicant lead prospect citizen resident insured
  beneficiary reporter kunde kontakt cliente klant melder besteller`);
/** People, of whatever side. */
export const PEOPLE = list(
  "user person profile individual party human identity benutzer nutzer usuario utilisateur utente personne persona gebruiker",
);
/** Those who serve. */
export const STAFF =
  list(`agent employee staff operator admin administrator moderator technician worker salesperson seller
  mitarbeiter bearbeiter empleado dipendente`);
/** Columns that say who did something, not whose row it is. */
export const DOERS =
  list(`creator created updated updater modified modifier edited editor deleted deleter owner assignee assigned
  assigner author approver approved canceler cancelled closed closer resolved resolver reviewer reviewed sender inviter invited
  invitee actor last locked opened handled handler manager supervisor processed origin by sachbearbeiter`);
/** Companies and installations that share a database: everything hangs on them, and they are nobody. */
export const TENANTS = list(
  "warehouse tenant account organization organisation company store shop site workspace instance brand firm",
);

/** Tables of things that a company offers or sets up. */
export const THINGS =
  list(`country region province locale language currency role permission setting config configuration option
  template macro tag category product variant plan tier team group department queue priority status state type lookup migration
  metadata sla policy holiday calendar zone tax rate price stock sku brand inbox channel feature flag taxon taxonomy
  article page menu collection warehouse method unit trigger rule workflow macro overview webhook
  promotion prototype section reason
  voucher coupon carrier shipping location site signature module
  folder portal forum badge theme color translation locale label timezone statetype calculator
  produkt kategorie land sprache abteilung`);

/** The person's own words and numbers. */
export const IDENTITY =
  list(`firstname lastname middlename surname forename fullname realname displayname givenname familyname
  username nickname login birthday birthdate dob birth gender ssn passport nationality salutation maiden vorname nachname
  geburtsdatum geburtstag anrede nom prenom nombre apellido apellidos cognome voornaam achternaam`);
/** Words that make `name` a person's. */
export const OF_A_PERSON = list(
  "first last middle full real display given family sur nick user customer contact person caller author",
);
export const CONTACT =
  list(`email mail phone telephone tel mobile cell fax address street zip zipcode postcode postal city town ip
  skype whatsapp twitter facebook telegram iban bic latitude longitude lat lng coordinates telefon handy strasse plz ort adresse
  anschrift correo telefono direccion calle ciudad courriel adr telnr rufnummer`);
export const CONTENT =
  list(`body message content subject text comment note remark description feedback transcript detail reply
  answer instruction question review complaint title cooked raw summary betreff nachricht inhalt bemerkung notiz texto mensaje`);
export const NUMBERS = list("number reference nr no num");
export const SECRETS = list(
  "password token secret salt passwd pwd hash otp encrypted crypted passwort kennwort credential",
);
/** Anything may be in there. */
export const ANYTHING = list(
  "payload data params parameters changes session blob request response arguments serialized dump",
);
/** Text columns that hold codes and not sentences. */
export const CODES =
  list(`code slug key type status state locale lang language currency iso color icon version event action format
  unit timezone sku position channel provider checksum sha digest kind class model scope category level priority queue
  content mime extension service frequency direction permalink uid`);
export const TICKETS = list(
  "ticket case order conversation request issue incident inquiry anfrage bestellung vorgang topic",
);
/** Tables that belong to a person, and are none. */
export const BELONGINGS =
  list(`address email phone order ticket conversation message card payment session token device log event
  invoice checkout cart shipment subscription attachment notification audit history comment note post topic reply adresse`);
/** Flags that tell staff from the others in one table. */
export const STAFF_FLAGS = list("staff employee agent operator internal mitarbeiter");
/** What has no meaning for whose row it is. */
export const KEY_SUFFIXES = list("id uuid guid key ref nr no num number fk oid");

/** The words of a table's name, the last in the singular. */
export function tableWords(name: string): string[] {
  const all = words(name);
  return all.map((word, index) => (index === all.length - 1 ? singular(word) : word));
}

/** Some word of the name is on the list, in singular or plural. */
export function says(names: readonly string[], meaning: ReadonlySet<string>): boolean {
  return names.some((word) => meaning.has(word) || meaning.has(singular(word)));
}
