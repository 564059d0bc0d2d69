/** What this server asks of the editor; `main.ts` has the connection behind it. */
export interface EditorFace {
  info(message: string): void;
  warn(message: string): void;
  /** The chosen title, or undefined. */
  ask(message: string, choices: readonly string[]): Promise<string | undefined>;
  /** `line` is 0-based. */
  showDocument(uri: string, line?: number): Promise<boolean>;
}
