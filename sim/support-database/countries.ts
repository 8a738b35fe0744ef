/** Where invented customers live, what they are called there, and telephone numbers that are nobody's. */
import type { Faker } from "@faker-js/faker";
import { faker as de } from "@faker-js/faker/locale/de";
import { faker as enAu } from "@faker-js/faker/locale/en_AU";
import { faker as enGb } from "@faker-js/faker/locale/en_GB";
import { faker as enUs } from "@faker-js/faker/locale/en_US";
import { faker as es } from "@faker-js/faker/locale/es";
import { faker as fr } from "@faker-js/faker/locale/fr";
import { faker as it } from "@faker-js/faker/locale/it";
import { faker as ja } from "@faker-js/faker/locale/ja";
import { faker as ptBr } from "@faker-js/faker/locale/pt_BR";
import type { Random } from "./random.ts";

export interface Country {
  readonly code: string;
  readonly language: string;
  /** Share of customers, in percent. */
  readonly percent: number;
  readonly firstNames: readonly [string, ...string[]];
  readonly lastNames: readonly [string, ...string[]];
  readonly familyNameFirst: boolean;
  /** From ranges that regulators keep for fiction where there are any, else from ones that no network serves. */
  phone(random: Random): string;
}

const NAMES_PER_COUNTRY = 300;
const NAME_SEED = 2019;

function names(faker: Faker, one: () => string): readonly [string, ...string[]] {
  faker.seed(NAME_SEED);
  return [one(), ...Array.from({ length: NAMES_PER_COUNTRY - 1 }, one)];
}

/** `#` in the pattern becomes a digit. */
function country(code: string, language: string, percent: number, faker: Faker, phonePattern: string): Country {
  return {
    code,
    language,
    percent,
    firstNames: names(faker, () => faker.person.firstName()),
    lastNames: names(faker, () => faker.person.lastName()),
    familyNameFirst: code === "JP",
    phone: (random) => phonePattern.replaceAll("#", () => String(random.between(0, 9))),
  };
}

export const COUNTRIES: readonly Country[] = [
  country("US", "en", 34, enUs, "+1 ### 555 01##"),
  country("GB", "en", 14, enGb, "+44 7700 900###"),
  country("DE", "de", 12, de, "+49 30 23125###"),
  country("FR", "fr", 9, fr, "+33 6 39 98 ## ##"),
  country("AU", "en", 8, enAu, "+61 2 5550 ####"),
  country("JP", "ja", 8, ja, "+81 00 0000 ####"),
  country("IT", "it", 6, it, "+39 000 000 ####"),
  country("ES", "es", 5, es, "+34 000 000 ###"),
  country("BR", "pt", 4, ptBr, "+55 00 0000 ####"),
];

/** Picks by the countries' shares of customers. */
export function pickCountry(random: Random): Country {
  let left = random.next() * 100;
  for (const candidate of COUNTRIES) {
    left -= candidate.percent;
    if (left < 0) return candidate;
  }
  return COUNTRIES[0]!;
}
