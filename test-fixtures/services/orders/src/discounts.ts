/** What is taken off an order. */
import type { Customer } from './catalogue.ts';

export interface Coupon {
  code: string;
  amount: number;
}

/** The bug of this service: one of these was entered in cents by somebody who thought of the payment provider. */
const COUPONS: Coupon[] = [
  { code: 'WELCOME', amount: 5 },
  { code: 'SUMMER', amount: 1500 },
];

export class DiscountPolicy {
  readonly #percentPerYear = 0.01;
  readonly #most = 0.1;

  discountFor(customer: Customer, subtotal: number, code?: string): number {
    const loyalty = Math.min(customer.loyaltyYears * this.#percentPerYear, this.#most);
    const coupon = COUPONS.find((each) => each.code === code);
    const discount = subtotal * loyalty + (coupon?.amount ?? 0);
    return Math.round(discount * 100) / 100; // @discount
  }
}
