/**
 * Redaction by name: decided before a value is read. Names are compared in lower case without `_ - $ @ . #` and spaces,
 * whole, so that `user_password`, `userPassword` and `password` each have to be listed to match; the list has the usual
 * ones. `test-fixtures/conformance/redaction-names.json` is the same list for all languages.
 */
import {
  mapClear,
  mapGet,
  mapHas,
  mapSet,
  mapSize,
  stringCharCodeAt,
  stringIncludes,
  stringToLowerCase,
} from './primordials.ts';
import { REDACTED_NAMES } from './redacted-names.ts';

const REMEMBERED_NAMES = 2000;
const MAX_NAME = 100;

let rules = ruleSet([]);
let typeRules: { exact: Map<string, true>; patterns: string[] } = { exact: new Map(), patterns: [] };
const verdicts = new Map<string, boolean>();

/** Adds the policy's names and types to the built-in list; what was added before is forgotten. */
export function setRedaction(names: readonly string[], types: readonly string[]): void {
  rules = ruleSet(names);
  typeRules = typeRuleSet(types);
  mapClear(verdicts);
}

export function isRedactedName(name: string): boolean {
  // Before the look-up: a map key can be a text of any size, which must be neither hashed nor kept.
  if (name.length > MAX_NAME) return false;
  const known = mapGet(verdicts, name);
  if (known !== undefined) return known as boolean;
  const verdict = mapHas(rules, normalisedName(name));
  if (mapSize(verdicts) < REMEMBERED_NAMES) mapSet(verdicts, name, verdict);
  return verdict;
}

/** Without any, types need not be found out. */
export function hasTypeRules(): boolean {
  return mapSize(typeRules.exact) > 0 || typeRules.patterns.length > 0;
}

export function isRedactedType(type: string): boolean {
  if (mapSize(typeRules.exact) > 0 && mapHas(typeRules.exact, type)) return true;
  for (let at = 0; at < typeRules.patterns.length; at++) {
    if (matchesPattern(typeRules.patterns[at] ?? '', type)) return true;
  }
  return false;
}

/** Lower case, without the characters that spellings differ in. */
export function normalisedName(name: string): string {
  const lower = stringToLowerCase(name);
  let normalised = '';
  for (let at = 0; at < lower.length; at++) {
    const code = stringCharCodeAt(lower, at);
    // Space # $ - . @ _
    if (code === 32 || code === 35 || code === 36 || code === 45 || code === 46 || code === 64 || code === 95) continue;
    normalised += lower[at];
  }
  return normalised;
}

function ruleSet(added: readonly string[]): Map<string, true> {
  const set = new Map<string, true>();
  for (let at = 0; at < REDACTED_NAMES.length; at++) mapSet(set, REDACTED_NAMES[at], true);
  for (let at = 0; at < added.length; at++) mapSet(set, normalisedName(added[at] ?? ''), true);
  return set;
}

function typeRuleSet(types: readonly string[]): typeof typeRules {
  const exact = new Map<string, true>();
  const patterns: string[] = [];
  for (let at = 0; at < types.length; at++) {
    const type = types[at] ?? '';
    if (stringIncludes(type, '*')) patterns[patterns.length] = type;
    else mapSet(exact, type, true);
  }
  return { exact, patterns };
}

/** `*` stands for any characters; matched by walking, since a regular expression's methods can be patched. */
function matchesPattern(pattern: string, text: string): boolean {
  let patternAt = 0;
  let textAt = 0;
  let starAt = -1;
  let retryAt = 0;
  while (textAt < text.length) {
    if (pattern[patternAt] === '*') {
      starAt = patternAt++;
      retryAt = textAt;
    } else if (patternAt < pattern.length && pattern[patternAt] === text[textAt]) {
      patternAt += 1;
      textAt += 1;
    } else if (starAt >= 0) {
      patternAt = starAt + 1;
      textAt = ++retryAt;
    } else return false;
  }
  while (pattern[patternAt] === '*') patternAt += 1;
  return patternAt === pattern.length;
}
