/** Each fixture marks its functions and their first statements; what is found must be exactly that. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { functionIndexFor } from './function-index.ts';
import type { FunctionPosition } from './function-positions.ts';

const FIXTURES = ['javascript.js', 'typescript.ts', 'tsx.tsx', 'python.py', 'java.java', 'kotlin.kt'];

interface Found {
  name: string;
  line: number;
  first: number;
  /** The text at the first statement's column, where one is given. */
  text?: string;
}

test.each(FIXTURES)('functions of %s', async (file) => {
  const path = fileURLToPath(new URL(`../../test-fixtures/functions/${file}`, import.meta.url));
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const marked = marksOf(lines);
  const found = (await functionPositions(path, text)).map(({ name, line, bodyLine, bodyColumn }): Found => {
    const expected = marked.find((mark) => mark.name === name)?.text;
    const at = bodyColumn === undefined ? undefined : lines[bodyLine]?.slice(bodyColumn);
    return {
      name,
      line: line + 1,
      first: bodyLine + 1,
      ...(at !== undefined && expected !== undefined && { text: at.slice(0, expected.length) }),
    };
  });
  expect(marked.length).toBeGreaterThan(2);
  expect(found).toEqual(marked);
});

const ROWS: [name: string, file: string, text: string, names: string[]][] = [
  ['an unknown language has none', 'a.rb', 'def a\nend\n', []],
  ['an empty file has none', 'a.ts', '', []],
  [
    'a syntax error leaves the rest',
    'a.ts',
    'function a() {\n  return 1;\n}\nconst = ;\nfunction b() {}\n',
    ['a', 'b'],
  ],
  ['a text beyond the bound has none', 'a.js', `function a() {}\n${' '.repeat(2_000_001)}`, []],
  ['an extension in capitals', 'A.JAVA', 'class A { void a() {} }\n', ['A.a']],
  ['a common JavaScript module', 'a.cjs', 'exports.a = () => 1;\n', ['exports.a']],
  ['a Kotlin script', 'a.kts', 'fun a() = 1\n', ['a']],
];

test.each(ROWS)('%s', async (_name, file, text, names) => {
  expect((await functionPositions(`/workspace/${file}`, text)).map(({ name }) => name)).toEqual(names);
});

test('columns count UTF-16 units', async () => {
  const text = "const face = '😀'; const twice = (n: number) => n * 2;\n";
  const [position] = await functionPositions('/workspace/a.ts', text);
  expect(text.slice(position?.bodyColumn)).toBe('n * 2;\n');
});

async function functionPositions(path: string, text: string): Promise<readonly FunctionPosition[]> {
  const index = await functionIndexFor(path);
  const positions = index?.update(text) ?? [];
  index?.dispose();
  return positions;
}

function marksOf(lines: readonly string[]): Found[] {
  const names = '([^@"]+?)';
  const functions = marks(lines, new RegExp(`@function ${names}(?= @| "|\\s*$| \\*)`, 'g'));
  const firsts = marks(lines, new RegExp(`@first ${names}(?: "((?:[^"\\\\]|\\\\.)*)")?(?= @|\\s*$| \\*)`, 'g'));
  return functions.map(({ name, line }) => {
    const first = firsts.find((each) => each.name === name);
    if (first === undefined) throw new Error(`${name} has no @first`);
    return { name, line, first: first.line, ...(first.text !== undefined && { text: first.text }) };
  });
}

function marks(lines: readonly string[], pattern: RegExp): { name: string; line: number; text?: string }[] {
  return lines.flatMap((line, at) => {
    // The head of a fixture explains the marks.
    if (line.includes('`@')) return [];
    return Array.from(line.matchAll(pattern), ([, name = '', text]) => ({
      name,
      line: at + 1,
      ...(text !== undefined && { text: text.replaceAll('\\"', '"') }),
    }));
  });
}
