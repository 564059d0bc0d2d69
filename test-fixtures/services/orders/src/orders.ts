/** Checkout: from a cart to an order. Some orders come out with a negative total, and nobody knows why. */
import { type Customer, findCustomer, findProduct } from './catalogue.ts';
import { DiscountPolicy } from './discounts.ts';

export interface Cart {
  customerId: number;
  lines: { sku: string; quantity: number }[];
  coupon?: string;
}

export interface Order {
  id: number;
  customer: Customer;
  subtotal: number;
  discount: number;
  total: number;
}

const policy = new DiscountPolicy();
let lastId = 1000;

export async function checkout(cart: Cart): Promise<Order> {
  const customer = await findCustomer(cart.customerId);
  const subtotal = await priceOf(cart);
  const discount = policy.discountFor(customer, subtotal, cart.coupon);
  const total = subtotal - discount;
  lastId += 1;
  const order = { id: lastId, customer, subtotal, discount, total }; // @order
  return order;
}

async function priceOf(cart: Cart): Promise<number> {
  let sum = 0;
  for (const { sku, quantity } of cart.lines) {
    const product = await findProduct(sku);
    sum += product.price * quantity; // @line
  }
  return sum;
}

export const isSuspicious = (order: Order): boolean => order.total < 0; // @suspicious
