interface Order {
  total: number;
  describe(): string;
}

declare function ambient(order: Order): void;

export function overloaded(order: Order): number;
export function overloaded(order: Order, rate: number): number;
export function overloaded(order: Order, rate = 1): number { // @function overloaded
  return order.total * rate; // @first overloaded
}

export const typed = <T>(value: T): T => value; // @function typed @first typed "value;"

export abstract class Base<T> {
  abstract missing(value: T): void;

  private readonly cache = new Map<string, T>();

  constructor(private readonly name: string) {} // @function Base.constructor @first Base.constructor

  protected read(key: string): T | undefined { // @function Base.read
    return this.cache.get(`${this.name}${key}`); // @first Base.read
  }

  readonly arrow = (key: string): T | undefined => { // @function Base.arrow
    return this.read(key); // @first Base.arrow
  };

  @traced()
  decorated(): void { // @function Base.decorated
    ambient({ total: 1, describe: () => '' }); // @first Base.decorated @function describe @first describe "''"
  }
}

function traced() { // @function traced
  return (target: unknown, _context: unknown) => target; // @first traced
}

namespace Shapes {
  export function area(side: number): number { // @function area
    return side * side; // @first area
  }
}

export default { Shapes };
