// The lines of the columns' dialog move in the page: at once, and never past a "Save" that was pressed meanwhile.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".column-lines button[name=move]");
  if (!button) return;
  event.preventDefault();
  const line = button.closest(".between");
  const isUp = button.value.startsWith("up:");
  const other = isUp ? line.previousElementSibling : line.nextElementSibling;
  if (!other?.matches(".between")) return;
  if (isUp) other.before(line);
  else other.after(line);
  const lines = [...line.parentElement.querySelectorAll(".between")];
  for (const each of lines) {
    each.querySelector("[value^='up:']").disabled = each === lines[0];
    each.querySelector("[value^='down:']").disabled = each === lines.at(-1);
  }
  // At either end the pressed button is off; its twin keeps the place.
  (button.disabled ? line.querySelector("button[name=move]:not(:disabled)") : button).focus();
});
