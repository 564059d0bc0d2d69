/**
 * What was said, step by step, as text for a golden file: everything that differs from run to run gets a name of its own,
 * the same name for the same value.
 */
export class Golden {
  readonly #steps: Record<string, unknown>[] = [];
  readonly #names = new Map<string, string>();
  readonly #replaced: Readonly<Record<string, string>>;

  /** `replaced`: texts and what stands for them, such as temporary folders. */
  constructor(replaced: Readonly<Record<string, string>> = {}) {
    this.#replaced = replaced;
  }

  /** The value as it is now; later changes to it are not seen. */
  add(step: string, value: unknown): void {
    this.#steps.push({ step, value: JSON.parse(JSON.stringify(value ?? null)) });
  }

  text(): string {
    let text = JSON.stringify(this.#steps, undefined, 2);
    for (const [from, to] of Object.entries(this.#replaced)) {
      text = text.replaceAll(from, to).replaceAll(encodeURIComponent(from), to);
    }
    for (const [hash] of text.matchAll(/\b[0-9a-f]{64}\b/g)) this.#name('sha256', hash);
    for (const [, id = ''] of text.matchAll(/"(?:id|actionId|hitId|agentId|code)": "([\w-]{10,})"/g))
      this.#name('id', id);
    for (const [value, name] of this.#names) text = text.replaceAll(value, name);
    return `${text
      .replaceAll(/"(at|lastHitAt|createdAt|receivedAt)": \d{13}/g, '"$1": "<time>"')
      .replaceAll(/\b(?:now|\d+ s ago)\b/g, '<ago>')
      .replaceAll(/\/[0-9a-f]{16}\//g, '/<hash>/')
      .replaceAll(/"http:\/\/127\.0\.0\.1:\d+"/g, '"<server>"')}\n`;
  }

  #name(kind: string, value: string): void {
    if (this.#names.has(value)) return;
    const count = [...this.#names.values()].filter((name) => name.startsWith(`<${kind} `)).length;
    this.#names.set(value, `<${kind} ${count + 1}>`);
  }
}
