export function Badge({ count }: { count: number }) { // @function Badge
  const text = count > 9 ? '9+' : String(count); // @first Badge
  return <span title={text}>{text}</span>;
}

export const List = ({ items }: { items: string[] }) => ( // @function List
  <ul onClick={() => items.length}> {/* @first List */}
    {items.map((item) => <li key={item}>{item}</li>)}
  </ul>
);

export const Page = () => { // @function Page
  const items = ['a']; // @first Page
  return <List items={items} />;
};
