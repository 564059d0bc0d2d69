import { expect, test } from 'vitest';
import { nameAt, namesIn, variablesIn } from './open-document.ts';

/** `^` in the second text stands under the character asked for. */
const AT: [text: string, caret: string, name: string | undefined][] = [
  ['return order.total;', '             ^', 'order.total'],
  ['return order.total;', '       ^', 'order'],
  ['return order?.total;', '               ^', 'order?.total'],
  ['a.b.c.d', '    ^', 'a.b.c'],
  ['this.#rate', '      ^', 'this.#rate'],
  ['größe + 1', ' ^', 'größe'],
  ['a + b', '  ^', undefined],
  ['', '^', undefined],
  ['f(x).y', '     ^', undefined],
  ['rows[0].y.z', '          ^', undefined],
];

test.each(AT)('the name in %j at %j', (text, caret, name) => {
  expect(nameAt(text, caret.indexOf('^'))?.name).toBe(name);
});

test('names are those that begin a chain, once', () => {
  expect(namesIn('a.b + a.c + d[e]')).toEqual(['a', 'd', 'e']);
});

const VARIABLES: [text: string, names: string[]][] = [
  ['  return order.sum;', ['order']],
  ['const sum: number = prices.reduce((all, one) => all + one, 0); // the sum', ['sum', 'prices', 'all', 'one']],
  ['    log.info("order %s", order_id)  # told', ['log', 'order_id']],
  ['send(label, total);', ['label', 'total']],
  ["if not isinstance(order, Order): raise ValueError('no order')", ['order', 'Order']],
  ['final double tax = value * rate;', ['tax', 'value', 'rate']],
  ['}', []],
];

test.each(VARIABLES)('variables in %j', (text, names) => {
  expect(variablesIn(text)).toEqual(names);
});
