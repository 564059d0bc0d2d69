import { levelOf, type Order, Pricing } from './order.ts';

const pricing = new Pricing();

export async function handle(order: Order): Promise<string> {
  const total = await pricing.total(order);
  const level = levelOf(order);
  return `${total} ${level}`; // @tscaller
}

setInterval(() => void handle({ id: 7, net: 100, country: 'DE' }), 5);
