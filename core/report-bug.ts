/**
 * Our own mistakes: reported and survived in the field, fatal in tests. Whoever composes a program installs the sink;
 * without one a bug is thrown, so that nothing can be lost in silence.
 */
type BugSink = (error: unknown, context: string) => void;

let sink: BugSink | undefined;

export function installBugSink(next: BugSink | undefined): void {
  sink = next;
}

export function reportBug(error: unknown, context: string): void {
  if (sink === undefined) throw new Error(`Bug in ${context}`, { cause: error });
  sink(error, context);
}
