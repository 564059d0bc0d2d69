/**
 * The two ends of a method duration: from a function's name, or a line that belongs to it, to its first statement and to every
 * place where it returns. V8 tells most of the latter; where it does not, the `return` statement itself serves if nothing is
 * called in it.
 */
import type { Program } from 'acorn';
import type { V8Position } from './debugger-session.ts';
import { functionsOf, isRepeated, type NamedFunction, returnsAtOnce, returnsOf } from './function-shape.ts';
import type { LineIndex } from './line-index.ts';
import {
  broken,
  type FoundScript,
  findFile,
  type Place,
  type Resolution,
  type ResolveInput,
  resolved,
} from './resolve-location.ts';
import { pathTo } from './scope-analysis.ts';
import type { SourceMap } from './source-map.ts';

export async function resolveFunction(input: ResolveInput, functionName: string | undefined): Promise<Resolution> {
  const file = await findFile(input);
  if (file.resolution !== undefined) return file.resolution;
  const { path, links } = file;
  const places: Place[] = [];
  const notes: string[] = [];
  let line = input.location.line;
  for (const found of file.scripts) {
    const { program, lines } = await input.analyse(found.script);
    if (program === undefined)
      return broken(links, `The text of ${found.script.path} is not JavaScript this agent can read`);
    const chosen = chooseFunction(program, lines, input, path, found.map, functionName);
    if (typeof chosen === 'string') return broken(links, chosen);
    const ends = await endsOf(input, found, chosen, lines);
    if (typeof ends === 'string') return broken(links, ends);
    places.push(...ends.places);
    if (places.length === ends.places.length) {
      notes.push(...ends.notes);
      line = lineOf(lines.positionOf(chosen.start), found.map, path) ?? line;
    }
  }
  const [script] = file.scripts;
  const generated = script?.map === undefined ? undefined : places[0]?.at;
  return resolved(input, links, places, notes, {
    path,
    line,
    ...(generated &&
      script && {
        generated: { path: script.script.path, line: generated.lineNumber + 1, column: generated.columnNumber + 1 },
      }),
  });
}

/** The function, or why there is none, in words. */
function chooseFunction(
  program: Program,
  lines: LineIndex,
  { location }: ResolveInput,
  path: string,
  map: SourceMap | undefined,
  wanted: string | undefined,
): NamedFunction | string {
  const all = functionsOf(program);
  const lineAt = (offset: number) => lineOf(lines.positionOf(offset), map, path);
  const innermostOnLine = (among: readonly NamedFunction[]) => {
    const first = lineAt;
    return among.findLast(({ start, end }) => {
      const from = first(start);
      const to = first(end - 1);
      return from !== undefined && to !== undefined && from <= location.line && location.line <= to;
    });
  };
  if (wanted !== undefined) {
    const authors = (fn: NamedFunction) =>
      (fn.nameAt === undefined ? undefined : map?.nameAt(toMapPosition(lines.positionOf(fn.nameAt)))) ?? fn.name;
    const same = all.filter((fn) => fn.name === wanted || authors(fn) === wanted || fn.name?.endsWith(`.${wanted}`));
    const [only, second] = same;
    if (only === undefined) return `There is no function "${wanted}" in ${path}; choose it by its line`;
    if (second === undefined) return only;
    const around = innermostOnLine(same);
    if (around !== undefined) return around;
    const at = same.map(({ start }) => lineAt(start) ?? '?').join(', ');
    return `There are ${same.length} functions "${wanted}" in ${path}, on lines ${at}; choose one by its line`;
  }
  if (location.column !== undefined) {
    const original = { line: location.line, column: location.column - 1 };
    const target = map === undefined ? original : map.generatedAt(path, original);
    if (target !== undefined) {
      const offset = lines.offsetOf({ lineNumber: target.line - 1, columnNumber: target.column });
      const around = all.findLast(({ start, end }) => start <= offset && offset < end);
      if (around !== undefined) return around;
    }
  }
  // A function that begins on the line is meant before one that goes on there.
  const beginning = all.find(
    ({ start, node }) => lineAt(start) === location.line || lineAt(node.start) === location.line,
  );
  return beginning ?? innermostOnLine(all) ?? `There is no function at line ${location.line}; choose a line of one`;
}

interface Ends {
  places: Place[];
  notes: string[];
}

async function endsOf(
  { session }: ResolveInput,
  { script }: FoundScript,
  { node, name }: NamedFunction,
  lines: LineIndex,
): Promise<Ends | string> {
  const called = name === undefined ? 'The function' : `"${name}"`;
  if (node.generator) {
    return `${called} is a generator: between two of its values the time is its caller's. Measure the caller, or a part of it by tic & toc`;
  }
  const { body } = node;
  const isBlock = body.type === 'BlockStatement';
  const from = lines.positionOf(isBlock ? body.start + 1 : body.start);
  const locations = await session.possibleBreakpoints(script, from, lines.positionOf(node.end + 1), true);
  const candidates = locations
    .map(({ lineNumber, columnNumber = 0, type }) => {
      const at = { lineNumber, columnNumber };
      return { at, offset: lines.offsetOf(at), atReturn: type === 'return' };
    })
    .filter(({ offset }) => offset >= body.start && offset <= node.end)
    .sort((a, b) => a.offset - b.offset);
  const statements = candidates.filter(({ atReturn }) => !atReturn);
  const first = statements.find(({ offset }) => !isRepeated(node, offset));
  if (first === undefined && statements.length === 0) return `${called} has no statement whose time could be measured`;
  const skipped = first === undefined ? statements : statements.slice(0, statements.indexOf(first));
  // Before the subject of a `for … of` there is only its own repeated part; any other loop would run before `first`.
  const loop = skipped.find(({ offset }) => first === undefined || !isHeadOfSameLoop(node, offset, first.offset));
  if (first === undefined || loop !== undefined) {
    return `${called} begins with a loop, before which V8 cannot stop just once; measure it by tic & toc, or its caller`;
  }
  const concurrent = node.async;
  const exits = candidates.filter(({ atReturn }) => atReturn);
  let unseen = 0;
  const returns = isBlock ? returnsOf(node) : [];
  for (const statement of returns) {
    const computed = statement.argument?.end ?? statement.start;
    if (exits.some(({ offset }) => offset >= computed && offset <= statement.end)) continue;
    const own = statements.find(({ offset }) => offset === statement.start);
    if (own !== undefined && own !== first && returnsAtOnce(statement)) exits.push(own);
    else unseen += 1;
  }
  if (exits.length === 0) {
    return returns.length === 0
      ? `${called} never returns normally`
      : `${called} returns only from inside a loop or a try … finally, where V8 cannot stop; put the result in a variable and return it at the end`;
  }
  const start: Place = { script, at: first.at, atReturn: false, timed: { end: 'start', concurrent } };
  const finishes = exits.map(
    ({ at, offset, atReturn }): Place => ({
      script,
      at,
      atReturn,
      // Behind an arrow's expression the position is already outside of it.
      ...(!isBlock && offset >= body.end && { scopeAt: body.end - 1 }),
      timed: { end: 'finish', concurrent },
    }),
  );
  const note = `${unseen} of its ${returns.length} returns cannot be measured: V8 cannot stop behind a call that is returned from inside a loop or a try … finally`;
  return { places: [...finishes, start], notes: unseen > 0 ? [note] : [] };
}

function isHeadOfSameLoop(fn: NamedFunction['node'], skipped: number, first: number): boolean {
  const path = pathTo(fn as unknown as Program, first);
  return path.some(
    (node, at) =>
      (node.type === 'ForOfStatement' || node.type === 'ForInStatement') &&
      path[at + 1] === node.right &&
      node.left.start <= skipped &&
      skipped < node.right.end,
  );
}

function lineOf(at: V8Position, map: SourceMap | undefined, path: string): number | undefined {
  if (map === undefined) return at.lineNumber + 1;
  const original = map.originalOf(toMapPosition(at));
  return original?.path === path ? original.line : undefined;
}

function toMapPosition({ lineNumber, columnNumber }: V8Position): { line: number; column: number } {
  return { line: lineNumber + 1, column: columnNumber };
}
