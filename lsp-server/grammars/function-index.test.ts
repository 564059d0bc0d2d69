/**
 * Whatever is typed where: the index that followed the edits says what a fresh one says. Compared wherever the text is
 * sound, also right after it was broken; in between the parser guesses, and guesses differ with the way that led there.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { functionIndexFor } from './function-index.ts';
import { grammarOf, parserFor } from './load-grammar.ts';

/** A file, how often it stands in the text, and how many edits are made to it. */
const FILES: [file: string, copies: number, steps: number][] = [
  ['javascript.js', 1, 150],
  ['typescript.ts', 1, 150],
  ['tsx.tsx', 1, 150],
  ['python.py', 1, 150],
  ['java.java', 1, 150],
  ['kotlin.kt', 1, 150],
  ['typescript.ts', 20, 25],
];
/** What breaks the structure of all that follows. */
const BREAKS = ['{', '}', '(', ')', '"', '`', '/*', '*/', 'class A {', 'def f():\n', '=> '];

test.each(FILES)('edits of %s, %i times over', async (file, copies, steps) => {
  const path = fileURLToPath(new URL(`../../test-fixtures/functions/${file}`, import.meta.url));
  const original = readFileSync(path, 'utf8').repeat(copies);
  const random = randomFrom(file.length * 7919);
  const followed = await functionIndexFor(file);
  let sound = original;
  let compared = 0;
  for (let step = 0; step < steps; step++) {
    const text = edited(sound, random);
    const positions = followed?.update(text);
    if (!(await isSound(file, text))) continue;
    const fresh = await functionIndexFor(file);
    expect(positions, `step ${step}:\n${text}`).toEqual(fresh?.update(text));
    fresh?.dispose();
    sound = text;
    compared += 1;
  }
  followed?.dispose();
  expect(compared).toBeGreaterThan(steps / 3);
});

test('the same text is not looked at again', async () => {
  const index = await functionIndexFor('a.ts');
  const positions = index?.update('function a() {}\n');
  expect(index?.update('function a() {}\n')).toBe(positions);
  index?.dispose();
});

/** Renames, empty lines, blocks that go or come twice, and now and then something that breaks it. */
function edited(text: string, random: (below: number) => number): string {
  const kind = random(10);
  const at = random(text.length + 1);
  const word = text.slice(at).search(/\b\w/) + at + 1;
  if (kind < 4) return `${text.slice(0, word)}x${text.slice(word)}`;
  const lineStart = text.lastIndexOf('\n', at) + 1;
  if (kind < 6) return `${text.slice(0, lineStart)}${'\n'.repeat(1 + random(3))}${text.slice(lineStart)}`;
  const blocks = text.split('\n\n');
  const block = random(blocks.length);
  if (kind === 6) return blocks.toSpliced(block, 1).join('\n\n');
  if (kind === 7 && blocks.length < 60) return blocks.toSpliced(block, 0, blocks[block] ?? '').join('\n\n');
  return text.slice(0, at) + BREAKS[random(BREAKS.length)] + text.slice(at);
}

async function isSound(file: string, text: string): Promise<boolean> {
  const grammar = grammarOf(file);
  const tree = grammar === undefined ? null : (await parserFor(grammar)).parse(text);
  const sound = tree?.rootNode.hasError === false;
  tree?.delete();
  return sound;
}

/** A small generator with a seed, so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
