/** Elements, made and changed in few words. What is not changed is not touched: nothing flickers, and focus stays. */

type Attributes = Readonly<Record<string, string | boolean | undefined>>

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value)
  made.append(...children)
  return made
}

/** `false` and undefined take it away. */
export function setAttribute(on: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) on.removeAttribute(name)
  else if (on.getAttribute(name) !== String(value)) on.setAttribute(name, value === true ? '' : value)
}

export function setText(on: Element, text: string): void {
  if (on.textContent !== text) on.textContent = text
}

export function button(text: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text)
  made.addEventListener('click', press)
  return made
}

/** The children are these, in this order; those that are there already are left where they are. */
export function setChildren(on: Element, children: readonly Element[]): void {
  const wanted = new Set(children)
  for (const child of [...on.children]) if (!wanted.has(child)) child.remove()
  children.forEach((child, index) => {
    if (on.children[index] !== child) on.insertBefore(child, on.children[index] ?? null)
  })
}
