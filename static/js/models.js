// A list of models: its closed line names the choice, and a button switches from a model that is gone to its successor.
document.addEventListener("change", ({ target }) => {
  const list = target.type === "radio" && target.closest("[data-models]");
  if (list) list.querySelector("[data-models-words]").textContent = target.dataset.words;
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-model-switch]");
  const choices = button ? [...button.closest("[data-models]").querySelectorAll("input")] : [];
  choices.find((one) => one.value === button.dataset.modelSwitch)?.click();
});
