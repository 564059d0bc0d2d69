/** The variables of the line, as the condition passes them: guarded reads that tell in words what cannot be read. */
import type { Environment } from './evaluate.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { hasOwn } from './primordials.ts';

/** Reads of variables, as the condition passes them: each may throw what V8 throws. */
export type Readers = Record<string, () => unknown>;
export type ReadSelf = (() => unknown) | undefined;

export function environmentOf(readers: Readers, self: ReadSelf): Environment {
  return {
    variable(name) {
      const read = readerOf(readers, name);
      if (read === undefined) throw new ExpressionFailure(`There is no variable "${name}" here`);
      return readVariable(name, read);
    },
    self() {
      if (self === undefined) throw new ExpressionFailure('There is no "this" here');
      return readVariable('this', self);
    },
  };
}

/** Own only: `constructor` and `toString` are there in every object. */
export function readerOf(readers: Readers, name: string): (() => unknown) | undefined {
  return hasOwn(readers, name) ? readers[name] : undefined;
}

export function failureText(error: unknown): string {
  return error instanceof ExpressionFailure ? error.message : 'The expression could not be evaluated';
}

/** V8 throws for variables that are not initialised yet, and for those that no closure kept. */
function readVariable(name: string, read: () => unknown): unknown {
  try {
    return read();
  } catch {
    throw new ExpressionFailure(`"${name}" is not available here: not initialised yet, or not kept by any closure`);
  }
}
