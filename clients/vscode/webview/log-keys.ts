/** Through the lines by keyboard and mouse: one stop for Tab, arrows inside, Enter or a click goes to the code. */

const PAGE = 15;

export function addLogKeys(list: HTMLElement, reveal: (seq: number) => void): void {
  let current: Element | undefined;

  function select(row: Element | undefined): void {
    current?.setAttribute('aria-selected', 'false');
    current = row;
    if (row === undefined) return;
    row.setAttribute('aria-selected', 'true');
    list.setAttribute('aria-activedescendant', row.id);
    row.scrollIntoView({ block: 'nearest' });
  }

  function go(row: Element | undefined): void {
    const seq = row instanceof HTMLElement && row.classList.contains('placed') ? row.dataset.seq : undefined;
    if (seq !== undefined) reveal(Number(seq));
  }

  list.addEventListener('keydown', (event) => {
    const rows = [...list.children];
    const at = current?.isConnected ? rows.indexOf(current) : rows.length;
    const next = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      PageUp: at - PAGE,
      PageDown: at + PAGE,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (next !== undefined) select(rows[Math.max(0, Math.min(next, rows.length - 1))]);
    else if (event.key === 'Enter') go(current);
    else return;
    event.preventDefault();
  });
  list.addEventListener('click', ({ target }) => {
    // Text that is being selected is meant to be copied.
    if (!(target instanceof Element) || getSelection()?.isCollapsed === false) return;
    const row = target.closest('.line') ?? undefined;
    select(row);
    go(row);
  });
}
