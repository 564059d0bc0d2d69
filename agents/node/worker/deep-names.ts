/**
 * What the author called the variables at a call site of a script with a source map. Redaction goes by those names, so the
 * host reads nothing there before it knows them.
 */
import type { CallSite, SiteNames } from '../shared/deep-messages.ts';
import type { VisibleName } from '../shared/probe-messages.ts';
import { type ConditionScope, conditionScope } from './condition-text.ts';
import type { DebuggerSession, Script } from './debugger-session.ts';
import { scopeAt } from './scope-analysis.ts';
import type { AnalyseScript } from './script-analysis.ts';
import type { SourceFiles } from './source-files.ts';
import type { SourceMap } from './source-map.ts';

export interface LearntNames {
  /** The whole script keeps its author's names. */
  unchanged: boolean;
  /** What is visible at the site and worth showing; undefined for a script that cannot be parsed. */
  names: SiteNames | undefined;
}

export interface DeepNames {
  /** Undefined when the script is gone. */
  at(site: CallSite): Promise<LearntNames | undefined>;
  /** The scope each visible variable is shown in, by its author's name; undefined when the script cannot be read. */
  kindsAt(site: CallSite): Promise<ReadonlyMap<string, VisibleName['kind']> | undefined>;
  forget(): void;
}

export interface DeepNamesInput {
  session: DebuggerSession;
  files: SourceFiles;
  analyse: AnalyseScript;
}

/** Larger scripts are not parsed for the sake of a caller: their variables are shown as V8 has them. */
const MAX_PARSED_LENGTH = 4_194_304;

export function createDeepNames({ session, files, analyse }: DeepNamesInput): DeepNames {
  const unchanged = new Map<string, boolean>();

  async function mapOf(script: Script): Promise<SourceMap | undefined> {
    await files.settled();
    const file = files.executed(script.path);
    return file === undefined ? undefined : files.mapOf(file);
  }

  async function scopeOf({ scriptId, line, column }: CallSite): Promise<ConditionScope | undefined> {
    const script = session.script(scriptId);
    if (script === undefined || script.length > MAX_PARSED_LENGTH) return undefined;
    const map = await mapOf(script);
    const { program, lines } = await analyse(script);
    if (program === undefined) return undefined;
    const offset = lines.offsetOf({ lineNumber: line - 1, columnNumber: column - 1 });
    return conditionScope(scopeAt(program, offset, false), [], (declaredAt) => {
      const { lineNumber, columnNumber } = lines.positionOf(declaredAt);
      return map?.nameAt({ line: lineNumber + 1, column: columnNumber });
    });
  }

  return {
    async kindsAt(site) {
      const scope = await scopeOf(site);
      return scope && new Map(scope.names.map(({ name, kind }) => [name, kind]));
    },
    async at(site) {
      const script = session.script(site.scriptId);
      if (script === undefined) return undefined;
      const map = await mapOf(script);
      let same = unchanged.get(script.id);
      if (same === undefined) {
        same = map === undefined || keepsNames(map, await session.sourceOf(script));
        unchanged.set(script.id, same);
      }
      const scope = await scopeOf(site);
      return { unchanged: same, names: scope && [...scope.readers].map(([shown, executed]) => [executed, shown]) };
    },
    forget: () => unchanged.clear(),
  };
}

/** A map names an identifier where the executed text has another. */
function keepsNames(map: SourceMap, text: string): boolean {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  for (const { line, column, name } of map.names()) {
    if (!(lines[line - 1] ?? '').startsWith(name, column)) return false;
  }
  return true;
}
