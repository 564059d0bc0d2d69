// A service whose values look like secrets, in every place a captured text can come from.
class Customer {
  name = 'Barbara';
  email = 'barbara@example.com';
  phone = '+49 151 12345678';
}

function pay(customer, card) {
  const byEmail = new Map([[customer.email, { paid: true }]]);
  const orders = { [customer.email]: 3 };
  const failure = new Error(`${customer.email} has no account`);
  const note = `${'long '.repeat(48)}write to ${customer.email}`;
  const header = ['Bearer', 'abcdefgh12345678'].join(' ');
  const number = Number(card);
  const big = BigInt(card);
  const kind = Symbol(customer.email);
  const handlers = { [customer.email]: () => orders };
  const database = `postgres://shop:hunter2@db/orders`;
  return [byEmail, failure, note, header, number, big, kind, handlers, database]; // @pay
}

setInterval(() => pay(new Customer(), '4111111111111111'), 5);
