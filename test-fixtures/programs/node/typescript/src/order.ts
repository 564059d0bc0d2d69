// Compiled by tsc and bundled by esbuild; tests place actions at these lines and expect these names back.
export interface Order {
  id: number;
  net: number;
  country: 'DE' | 'FR';
}

enum Level {
  Low,
  High,
}

export class Pricing {
  readonly #rates: Record<Order['country'], number> = { DE: 0.19, FR: 0.2 };
  private discount = 5;

  async total(order: Order): Promise<number> {
    const rate: number = await this.rateOf(order.country);
    const gross = order.net * (1 + rate) - this.discount;
    return gross; // @tsasync
  }

  private rateOf(country: Order['country']): Promise<number> {
    return Promise.resolve(this.#rates[country]); // @tsprivate
  }
}

export const levelOf = (order: Order): Level => (order.net > 50 ? Level.High : Level.Low); // @tsarrow
