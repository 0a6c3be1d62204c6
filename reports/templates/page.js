// Hover texts that the keyboard reaches too, and a filter over long lists. The page is whole without it.
(() => {
  'use strict';
  const LONG = 20;
  const make = (tag, className) => Object.assign(document.createElement(tag), { className });

  // Hover texts. A chart takes the focus; arrow keys walk through its marks, Escape closes.
  const tip = make('div', 'tip');
  tip.setAttribute('role', 'status');
  tip.hidden = true;
  document.body.append(tip);
  let lit = null;
  const hide = () => {
    lit?.classList.remove('lit');
    lit = null;
    tip.hidden = true;
  };
  const place = () => {
    if (!lit) return;
    const at = lit.getBoundingClientRect();
    const left = at.left + at.width / 2 - tip.offsetWidth / 2;
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(4, Math.min(left, document.documentElement.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${above > 0 ? above : Math.min(at.bottom + 6, window.innerHeight - tip.offsetHeight)}px`;
  };
  const show = (mark) => {
    if (mark === lit) return;
    hide();
    lit = mark;
    mark.classList.add('lit');
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    place();
  };
  for (const chart of document.querySelectorAll('svg.chart')) {
    const marks = [...chart.querySelectorAll('path')].filter((mark) => mark.querySelector('title'));
    if (!marks.length) continue;
    for (const mark of marks) {
      const title = mark.querySelector('title');
      mark.dataset.tip = title.textContent;
      title.remove();
    }
    chart.addEventListener('pointerover', (event) => event.target.dataset.tip && show(event.target));
    chart.addEventListener('pointerleave', hide);
    if (chart.closest('.spark')) continue;
    chart.tabIndex = 0;
    chart.addEventListener('focus', () => chart.matches(':focus-visible') && show(marks[marks.length - 1]));
    chart.addEventListener('blur', hide);
    chart.addEventListener('keydown', (event) => {
      const here = marks.indexOf(lit);
      const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: marks.length - 1 }[event.key];
      if (event.key === 'Escape') hide();
      if (next === undefined) return;
      event.preventDefault();
      show(marks[Math.max(0, Math.min(next, marks.length - 1))]);
    });
  }
  addEventListener('scroll', place, { passive: true });

  // On a phone the rows of wide or wordy lists are cards, whose cells need the names of their columns.
  for (const table of document.querySelectorAll('main .scroll > table')) {
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    if (names.length <= (table.querySelector('.long') ? 2 : 4) || table.closest('figure')) continue;
    table.classList.add('as-cards');
    const cells = table.tBodies[0].querySelectorAll('td');
    cells.forEach((cell) => { cell.dataset.column = names[cell.cellIndex]; });
  }

  // A field above every long table, and above every list that asks for one with `data-filter`.
  for (const list of document.querySelectorAll('main tbody, [data-filter]')) {
    const rows = [...list.children];
    if (rows.length <= LONG && !list.dataset.filter) continue;
    const words = rows.map((row) => [row, ...row.children].slice(row.children.length ? 1 : 0)
      .map((part) => part.textContent).join(' ').toLowerCase());
    const label = make('label', 'filter');
    const field = Object.assign(make('input', ''), { type: 'search', autocomplete: 'off' });
    const told = make('output', '');
    label.append(`${list.dataset.filter || 'Filter rows'} `, field, ' ', told);
    field.addEventListener('input', () => {
      const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => {
        row.hidden = !asked.every((word) => words[place].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      told.value = asked.length ? `${shown} of ${rows.length}` : '';
    });
    (list.closest('.scroll') || list).before(label);
  }
})();
