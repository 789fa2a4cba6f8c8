// The counter's pages: a field that is always ready, the camera beside it, and a sound for each kind of answer.
import { setUpCamera } from "./camera.js";
import { sound } from "./sound.js";

const field = document.getElementById("code");
// What stands in the field gives way to what is scanned or typed next.
field?.select();
sound(document.querySelector("[data-answer]")?.dataset.colour);
setUpCamera(document.querySelector("[data-camera]"), (text) => {
  field.value = text;
  field.form.requestSubmit();
  return false;
});
