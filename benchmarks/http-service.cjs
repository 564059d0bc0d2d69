// The service under measurement: plain node:http, a handler of some 25 lines with about 1.5 µs of work. Prints its port.
const { createServer } = require('node:http');

const prices = [7.9, 14.5, 89, 64.95];
let orders = 0;

function handle(_request, response) {
  const started = process.hrtime();
  orders += 1;
  const customer = { id: orders % 1000, name: 'Ada', loyaltyYears: orders % 12 };
  const lines = [
    { sku: 'tea', quantity: (orders % 3) + 1, price: prices[orders % 4] },
    { sku: 'cup', quantity: 1, price: prices[(orders + 1) % 4] },
  ];
  let subtotal = 0;
  for (const line of lines) {
    subtotal += line.price * line.quantity;
  }
  const discount = Math.min(customer.loyaltyYears * 0.01, 0.1) * subtotal;
  const total = subtotal - discount; // @total
  const body = `{"id":${orders},"total":${total.toFixed(2)}}`;
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', body.length);
  if (total < 0 || started === undefined) {
    response.statusCode = 500;
  }
  response.end(body);
}

const server = createServer(handle);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
