/** Numbers for things, the same number for the same thing, valid for the whole session. Well below 2³¹. */
export class Handles<T> {
  readonly #byKey = new Map<string, number>();
  readonly #things = new Map<number, T>();
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  idOf(key: string, make: () => T): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#byKey.set(key, id);
    this.#things.set(id, make());
    return id;
  }

  get(id: number): T | undefined {
    return this.#things.get(id);
  }
}
