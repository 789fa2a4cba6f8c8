// A hand-held scanner types wherever the focus is, and presses Enter. Its first symbol takes the focus to the field: else
// a code would be lost after a tap beside the field, and its Enter would hand over where the focus is in that form.
const TYPED_INTO = "input:not([type=checkbox]):not([type=radio]), select, textarea";

export function catchTyping(field) {
  document.addEventListener("keydown", (event) => {
    const isSymbol = event.key.length === 1 && event.key !== " ";
    if (!isSymbol || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.activeElement?.matches(TYPED_INTO)) return;
    field.focus();
    field.select();
  });
}
