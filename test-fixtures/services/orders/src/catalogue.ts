/** Products and customers, as if they came from a database: every read is asynchronous. Prices are in euros. */

export interface Product {
  sku: string;
  name: string;
  price: number;
}

export interface Customer {
  id: number;
  name: string;
  email: string;
  /** Never leaves the process: the agent redacts it by its name. */
  passwordHash: string;
  loyaltyYears: number;
}

const PRODUCTS = new Map<string, Product>(
  [
    { sku: 'tea', name: 'Darjeeling, 100 g', price: 7.9 },
    { sku: 'cup', name: 'Porcelain cup', price: 14.5 },
    { sku: 'pot', name: 'Cast iron pot', price: 89 },
    { sku: 'kettle', name: 'Kettle, 1.2 l', price: 64.95 },
  ].map((product) => [product.sku, product]),
);

const CUSTOMERS: Customer[] = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger'].map((name, index) => ({
  id: index + 1,
  name,
  email: `${name.toLowerCase()}@example.com`,
  passwordHash: `$2b$10$${'x'.repeat(20)}${index}`,
  loyaltyYears: index * 2,
}));

export async function findProduct(sku: string): Promise<Product> {
  await delay(1);
  const product = PRODUCTS.get(sku);
  if (product === undefined) throw new Error(`There is no product "${sku}"`);
  return product;
}

export async function findCustomer(id: number): Promise<Customer> {
  await delay(1);
  const customer = CUSTOMERS.find((each) => each.id === id);
  if (customer === undefined) throw new Error(`There is no customer ${id}`);
  return customer;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
