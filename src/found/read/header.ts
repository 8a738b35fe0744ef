/** Whether the first row of a table names its columns. Names are told to people, values never: in doubt it does not. */
import type { CopyRow } from "./copy.ts";

/** What columns of people are called, in the languages of those who export them. */
const WORDS = new Set(
  (
    "id ids uuid key nr no num number numero número nummer code name names nome nombre nom fullname full first last given family " +
    "firstname lastname surname vorname nachname apellido apellidos sobrenome prenom prénom forename middle title display username user login " +
    "email e-mail mail mails address addresses adresse direccion dirección endereco endereço correo courriel " +
    "phone phones telephone telefone telefono teléfono telefon tel mobile movil móvil handy cell fax msisdn " +
    "ticket tickets case cases subject body text message status type country pais país land pays language lang sprache idioma " +
    "city town ort zip postcode plz state street region segment product date time at created updated modified since customer client cliente " +
    "kunde kunden contact account company firma note notes comment external ref reference team group age birthday dob gender sex iban card"
  ).split(" "),
);

/**
 * @param rows the first rows of the table
 * @returns the names of columns if the first row holds them
 */
export function headerOf(rows: readonly CopyRow[]): readonly string[] | undefined {
  const [first, ...rest] = rows;
  if (first === undefined || !first.every(isName)) return undefined;
  const words = first.map((cell) => isKnown(cell ?? ""));
  const known = words.filter(Boolean).length;
  if (known * 2 < first.length) return undefined;
  // A column of people called Case or May is in doubt: the same value further down is a value.
  if (first.some((cell, i) => rest.some((row) => row[i] === cell && cell !== ""))) return undefined;
  return first.map((cell, i) => (cell === null || cell.trim() === "" ? `column ${i + 1}` : cell.trim()));
}

const NAME_CHARS_MAX = 60;

/** Neither a number, an address nor a date. */
function isName(cell: string | null): boolean {
  const text = cell?.trim() ?? "";
  return text === "" || (text.length <= NAME_CHARS_MAX && /^[\p{L}_][\p{L}\p{N}_ .:()/#-]*$/u.test(text));
}

/** `customer_id`, `customerId`, `E-Mail`: one of its words is known. */
function isKnown(cell: string): boolean {
  const apart = cell.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase();
  return [apart, ...apart.split(/[\s_.:()/#-]+/u)].some((word) => WORDS.has(word.replace(/\d+$/u, "")));
}
