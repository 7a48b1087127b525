// What the forms that take words of the text have in common.

// Shows the fields that belong to the chosen label, and hides those of the others.
export function showFieldsOf(form) {
  const label = form.elements.label.value;
  for (const field of document.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(", ").includes(label);
}

// Writes what is selected into the field that a button is for, or adds it there as a further segment.
export function takeSelection(button, selected) {
  if (!selected) return;
  const field = document.getElementById(button.dataset.take ?? button.dataset.append);
  const written = `${selected.start}-${selected.end}`;
  field.value = button.dataset.append && field.value ? `${field.value}, ${written}` : written;
  const shown = document.getElementById(field.dataset.surface);
  if (shown) shown.textContent = `“${selected.surface}”`;
}
